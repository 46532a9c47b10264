"""Supported formats: the table that scanner, watcher and decoder share.

The suffix decides whether a file is considered, its content how it is decoded. A test decodes a real file of every
suffix.
"""

import os
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Parameters
    ----------
    name : str
        Its name in results.
    suffixes : str
        Separated by spaces, without dots.
    demuxer : str
        The first of its names in libav.
    marks : tuple of (int, bytes)
        Magic numbers: (offset, bytes). Empty if only a probe can recognise it.
    length_stated : bool
        Whether the header states the length; otherwise it is an estimate.
    """

    name: str
    suffixes: str
    demuxer: str
    marks: tuple[tuple[int, bytes], ...] = ()
    length_stated: bool = False

    def matches(self, head: bytes) -> bool:
        """Return True if a file that begins with *head* has this format's magic numbers."""
        return bool(self.marks) and all(head[at : at + len(mark)] == mark for at, mark in self.marks)


_WAVE_GUID: Final = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_ASF_GUID: Final = bytes.fromhex("3026b2758e66cf11")

FORMATS: Final = (
    Format("wav", "wav wave bwf at3", "wav", ((0, b"RIFF"), (8, b"WAVE")), length_stated=True),
    Format("wav", "rf64", "wav", ((0, b"RF64"), (8, b"WAVE")), length_stated=True),
    Format("wav", "", "wav", ((0, b"RIFX"), (8, b"WAVE")), length_stated=True),
    Format("w64", "w64", "w64", ((0, b"riff"), (24, b"wave" + _WAVE_GUID)), length_stated=True),
    Format("aiff", "aif aiff", "aiff", ((0, b"FORM"), (8, b"AIFF")), length_stated=True),
    Format("aiff", "aifc", "aiff", ((0, b"FORM"), (8, b"AIFC")), length_stated=True),
    Format("au", "au snd", "au", ((0, b".snd"),), length_stated=True),
    Format("caf", "caf", "caf", ((0, b"caff"),), length_stated=True),
    Format("flac", "flac fla", "flac", ((0, b"fLaC"),), length_stated=True),
    Format("ogg", "ogg oga opus spx ogx ogv ogm", "ogg", ((0, b"OggS"),), length_stated=True),
    Format("m4a", "m4a m4b m4r m4p m4v mp4 mov qt f4a f4v 3gp 3gpp 3g2", "mov", ((4, b"ftyp"),), length_stated=True),
    Format("matroska", "mka mkv webm weba", "matroska", ((0, b"\x1aE\xdf\xa3"),), length_stated=True),
    Format("wma", "wma asf wmv", "asf", ((0, _ASF_GUID),), length_stated=True),
    Format("wavpack", "wv", "wv", ((0, b"wvpk"),), length_stated=True),
    Format("tta", "tta", "tta", ((0, b"TTA"),), length_stated=True),
    Format("avi", "avi", "avi", ((0, b"RIFF"), (8, b"AVI ")), length_stated=True),
    Format("amr", "amr awb", "amr", ((0, b"#!AMR"),)),
    Format("dff", "dff", "iff", ((0, b"FRM8"), (12, b"DSD ")), length_stated=True),
    Format("dsf", "dsf", "dsf", ((0, b"DSD "),), length_stated=True),
    Format("ape", "ape", "ape", ((0, b"MAC "),), length_stated=True),
    Format("musepack", "mpc mp+", "mpc", ((0, b"MP+"),), length_stated=True),
    Format("musepack", "", "mpc8", ((0, b"MPCK"),), length_stated=True),
    Format("voc", "voc", "voc", ((0, b"Creative Voice File"),)),
    Format("dts", "dts", "dts", ((0, b"\x7f\xfe\x80\x01"),)),
    Format("mlp", "mlp", "mlp", ((4, b"\xf8\x72\x6f\xbb"),)),
    Format("truehd", "thd", "truehd", ((4, b"\xf8\x72\x6f\xba"),)),
    Format("dtshd", "dtshd", "dtshd", ((0, b"DTSHDHDR"),)),
    Format("shorten", "shn", "shn", ((0, b"ajkg"),)),
    Format("realaudio", "ra rm rmvb", "rm", ((0, b".RMF"),)),
    Format("realaudio", "", "rm", ((0, b".ra\xfd"),)),
    Format("openmg", "oma omg aa3", "oma", ((0, b"EA3"),)),
    Format("openmg", "", "oma", ((0, b"ea3"),)),
    Format("aea", "aea", "aea", ((0, b"\0\x08\0\0"),)),
    Format("qcp", "qcp", "qcp", ((0, b"RIFF"), (8, b"QLCM"))),
    Format("gsm", "gsm", "gsm"),
    Format("mp3", "mp3 mp2 mp1 mpga mpa m2a", "mp3"),
    Format("aac", "aac adts", "aac"),
    Format("loas", "loas latm", "loas"),
    Format("ac3", "ac3", "ac3"),
    Format("eac3", "eac3 ec3", "eac3"),
)

# Audio that no bundled decoder reads, or none that a test file proves (TAK, TwinVQ, Bonk, OSQ, ATRAC9): sweeps name
# such files instead of passing over them.
UNSUPPORTED: Final = frozenset(
    (
        *("aa", "aax", "aaxc"),  # encrypted
        *("ofr", "ofs", "la", "pac", "rka", "tak", "bonk", "osq"),  # rare lossless codecs
        *("ram", "vqf", "at9"),
        *("mid", "midi", "kar", "rmi"),
        *("mod", "xm", "s3m", "it", "mptm", "mtm", "669", "stm", "ult", "okt"),
        *("sid", "nsf", "nsfe", "spc", "gbs", "gym", "vgm", "vgz", "psf", "minipsf", "hes", "kss", "ay", "sap"),
    )
)
EXTENSIONS: Final = frozenset(f".{suffix}" for row in FORMATS for suffix in row.suffixes.split())
DEMUXERS: Final = {row.demuxer: row for row in FORMATS}

_SUPPORTED_BYTES: Final = frozenset(extension.encode() for extension in EXTENSIONS)
_UNSUPPORTED_BYTES: Final = frozenset(f".{suffix}".encode() for suffix in UNSUPPORTED)


def _suffix(path: bytes) -> bytes:
    """Return the suffix of a name, unlike ``splitext`` also that of a title of nothing but dots."""
    stem, dot, suffix = os.path.basename(path).rpartition(b".")
    return dot + suffix.lower() if stem else b""


def is_music(path: bytes) -> bool:
    """Return True if the path has a supported suffix, in any case."""
    return _suffix(path) in _SUPPORTED_BYTES


def is_unsupported_audio(path: bytes) -> bool:
    """Return True if the path has the suffix of an audio format that is not supported."""
    return _suffix(path) in _UNSUPPORTED_BYTES


def recognise(head: bytes) -> Format | None:
    """Return the format whose magic numbers *head* (32 bytes or more) has; None if only a probe can tell."""
    return next((row for row in FORMATS if row.matches(head)), None)
