"""The binary form of a generation."""

import msgspec
import numpy as np

from .distance import Terms
from .generation import Generation
from .transforms import FloatArray


class _Frozen(msgspec.Struct):
    """A generation as bytes."""

    number: int
    n_tracks: int
    period: float
    mean: bytes
    std: bytes
    sample: bytes
    sample_undefined: bytes
    sample_ids: bytes
    quantiles: bytes
    expected: bytes


def generation_to_bytes(one: Generation) -> bytes:
    """Return a generation in a binary form that ``generation_from_bytes`` reads."""
    frozen = _Frozen(
        number=one.number,
        n_tracks=one.n_tracks,
        period=one.sample.period,
        mean=one.mean.tobytes(),
        std=one.std.tobytes(),
        sample=one.sample.values.tobytes(),
        sample_undefined=one.sample.undefined.tobytes(),
        sample_ids=one.sample_ids.tobytes(),
        quantiles=one.quantiles.tobytes(),
        expected=one.expected.tobytes(),
    )
    return msgspec.msgpack.encode(frozen)


def generation_from_bytes(data: bytes) -> Generation:
    """Return the generation that ``generation_to_bytes`` wrote; raise ``msgspec.MsgspecError`` for other data."""
    known = msgspec.msgpack.decode(data, type=_Frozen)

    def floats(part: bytes) -> FloatArray:
        return np.frombuffer(part, np.float32)

    sample_ids = np.frombuffer(known.sample_ids, np.int64)
    values = floats(known.sample).reshape(len(floats(known.mean)), len(sample_ids))
    sample = Terms(values, np.frombuffer(known.sample_undefined, np.uint64), known.period)
    return Generation(
        known.number,
        known.n_tracks,
        floats(known.mean),
        floats(known.std),
        sample,
        sample_ids,
        floats(known.quantiles),
        floats(known.expected),
    )
