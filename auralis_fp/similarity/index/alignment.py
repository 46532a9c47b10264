"""Alignment of sub-fingerprints: whether two files hold the same recording, and from where on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ...schema.sub_fingerprints import BITS, HOP_SEC
from .transforms import FloatArray

REACH_SEC: Final = 31.0  # a copy may lack so much at its beginning
LEAST_OVERLAP: Final = 86  # sub-fingerprints that are not silent: 8 s
CHUNK: Final = 64  # sub-fingerprints whose agreement is judged together: 6 s
SAME: Final = 0.75  # agreement of the bits; strangers have .5
SAME_EVERYWHERE: Final = 0.70  # agreement of the weakest part; versions with other parts fail here
FEW_BITS: Final = 4  # of each sub-fingerprint, looked at before all are
MAY_BE_SAME: Final = 0.62  # agreement of these few
_SIZE: Final = 2048  # of the transforms: no offset wraps around
_REACH: Final = round(REACH_SEC / HOP_SEC)

Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best alignment of two files.

    Parameters
    ----------
    agreement : float
        Share of equal bits in the overlap.
    weakest : float
        The same in the weakest part of the overlap, one outlier aside.
    offset_sec : float
        How much later the second file begins in the first one.
    """

    agreement: float
    weakest: float
    offset_sec: float

    @property
    def same(self) -> bool:
        """True if the files hold the same recording."""
        return self.agreement >= SAME and self.weakest >= SAME_EVERYWHERE


@dataclass(frozen=True, slots=True)
class Recording:
    """Sub-fingerprints of one file with their spectra.

    Parameters
    ----------
    words : ndarray, shape (n,), uint32
        0 where silent.
    spectra : ndarray, shape (33, 1025)
        Of the sequence of each bit as -1 and 1, and of the mask of words that are not silent.
    """

    words: Words
    spectra: NDArray[np.complexfloating]

    @classmethod
    def of(cls, data: bytes) -> "Recording":
        """Return the sub-fingerprints in their stored form."""
        words = np.frombuffer(data, "<u4")
        return cls(words, _spectra(words, np.arange(BITS)))


def align(first: Recording, second: Recording) -> Alignment | None:
    """Find the offset at which most bits of two files are equal.

    Parameters
    ----------
    first, second : Recording

    Returns
    -------
    Alignment or None
        None if no offset within 31 s leaves an overlap of 8 s that is not silent.

    Notes
    -----
    The number of equal bits at every offset is a sum of cross-correlations, computed by FFT.
    """
    agreement = _agreement(first.spectra * np.conj(second.spectra))
    best = int(np.argmax(agreement))
    if not agreement[best]:
        return None
    offset = best - _REACH
    _, weakest = _agreements(first.words, second.words, offset)
    return Alignment(float(agreement[best]), weakest, round(offset * HOP_SEC, 2))


def _agreement(products: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """Return the share of equal bits at each offset from -31 s to 31 s, 0 where the overlap is too short.

    Of the products of spectra, shape (n_bits + 1, ..., 1025), the last belong to the masks.
    """
    sums = fft.irfft(np.stack([products[:-1].sum(axis=0), products[-1]]), _SIZE, axis=-1)
    equal, overlap = sums[..., np.arange(-_REACH, _REACH + 1)]
    count = np.round(overlap)
    bits = len(products) - 1
    return np.where(count >= LEAST_OVERLAP, 0.5 + equal / (2 * bits * np.maximum(count, 1)), 0.0)


def _agreements(first: Words, second: Words, offset: int) -> tuple[float, float]:
    """Return the agreement of all bits, 0 for too few, and that of the weakest chunk, of many the second weakest."""
    one, other = first[max(0, offset) :], second[max(0, -offset) :]
    length = min(len(one), len(other))
    one, other = one[:length], other[:length]
    valid = (one != 0) & (other != 0)
    differing = np.bitwise_count(one[valid] ^ other[valid]).astype(np.float64)
    whole = 1.0 - float(differing.mean()) / BITS if len(differing) >= LEAST_OVERLAP else 0.0
    chunks = [differing[i : i + CHUNK] for i in range(0, len(differing), CHUNK)]
    found = sorted(1.0 - float(chunk.mean()) / BITS for chunk in chunks if len(chunk) >= CHUNK // 2)
    return whole, found[1] if len(found) >= 8 else found[0] if found else 0.0


def matches(seed: bytes, others: Mapping[int, bytes]) -> list[int]:
    """Return the keys of those that hold the recording of a seed."""
    found = {key for key, data in others.items() if _agree_where_words_do(seed, data)}
    rest = [key for key in others if key not in found]
    if rest:
        may_match = _may_match(seed, [others[key] for key in rest])
        likely = [key for key, may in zip(rest, may_match, strict=True) if may]
        recording = Recording.of(seed) if likely else None
        aligned = {key: align(recording, Recording.of(others[key])) for key in likely if recording is not None}
        found |= {key for key, one in aligned.items() if one is not None and one.same}
    return [key for key in others if key in found]


def _agree_where_words_do(seed: bytes, other: bytes) -> bool:
    """Return True if two files hold the same recording at the offset at which most words are equal.

    It takes a hundredth of the time of looking at all offsets, and finds nearly all copies.
    """
    first, second = np.frombuffer(seed, "<u4"), np.frombuffer(other, "<u4")
    words, places, others = np.intersect1d(first, second, return_indices=True)
    offsets = (places - others)[words != 0]
    offsets = offsets[np.abs(offsets) <= _REACH]
    if not len(offsets):
        return False
    offset = int(np.argmax(np.bincount(offsets + _REACH))) - _REACH
    return Alignment(*_agreements(first, second, offset), offset * HOP_SEC).same


def _may_match(seed: bytes, others: Sequence[bytes]) -> list[bool]:
    """Return which others may hold the recording of a seed, judged by every eighth bit; an eighth of the work."""
    sequences = [np.frombuffer(data, "<u4") for data in (seed, *others)]
    words = np.zeros((len(sequences), max(map(len, sequences))), dtype=np.uint32)
    for row, sequence in zip(words, sequences, strict=True):
        row[: len(sequence)] = sequence
    spectra = _spectra(words, np.arange(0, BITS, BITS // FEW_BITS))
    best = _agreement(spectra[:, :1] * np.conj(spectra[:, 1:])).max(axis=1)
    return [float(one) >= MAY_BE_SAME for one in best]


def _spectra(words: Words, bits: NDArray[np.integer]) -> NDArray[np.complexfloating]:
    """Return the spectra of some bits as -1 and 1, and of the mask of words that are not silent, words last."""
    valid = words != 0
    shifts = bits.astype(np.uint32).reshape(-1, *[1] * words.ndim)
    signs: FloatArray = np.where(words >> shifts & np.uint32(1), np.float32(1), np.float32(-1))
    rows = np.concatenate([signs * valid, valid[None].astype(np.float32)])
    return np.asarray(fft.rfft(rows, _SIZE, axis=-1))
