"""Media types of audio files that web browsers play."""

import os
from typing import Final

from .formats import recognise

HEAD_BYTES: Final = 64  # of a file, enough to recognise its format

# One browser is enough: the others report the codec they miss themselves.
_BY_FORMAT: Final = {
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "caf": "audio/x-caf",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "matroska": "audio/webm",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
}
_BY_SUFFIX: Final = {  # of formats without magic numbers, or behind an ID3 tag
    b".mp3": "audio/mpeg",
    b".mpga": "audio/mpeg",
    b".mpa": "audio/mpeg",
    b".aac": "audio/aac",
    b".adts": "audio/aac",
    b".flac": "audio/flac",
    b".fla": "audio/flac",
}


def media_type(path: bytes, head: bytes) -> str | None:
    """Return the media type of a file if a current browser plays its format.

    Parameters
    ----------
    path : bytes
        Its suffix decides where the content does not.
    head : bytes
        The first ``HEAD_BYTES`` of the file.

    Returns
    -------
    str or None
        None if no browser plays it.
    """
    found = recognise(head)
    if found is None:
        return _BY_SUFFIX.get(os.path.splitext(path)[1].lower())
    return _BY_FORMAT.get(found.name)
