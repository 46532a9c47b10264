"""Which files are music: the one table that scanner, watcher and decoder share.

Every suffix here is proven by a test that decodes a real file of it. The suffix only decides whether a file is looked
at; how it is decoded is decided by its content.
"""

import os
from typing import Final

EXTENSIONS: Final = frozenset(
    f".{name}"
    for name in [
        "wav",
        "wave",
        "rf64",
        "w64",
        "flac",
        "mp3",
        "mp2",
        "ogg",
        "oga",
        "opus",
        "spx",
        "m4a",
        "m4b",
        "mp4",
        "mov",
        "aac",
        "aif",
        "aiff",
        "aifc",
        "wma",
        "asf",
        "mka",
        "mkv",
        "webm",
        "caf",
        "au",
        "snd",
        "wv",
        "tta",
        "ac3",
        "eac3",
        "3gp",
        "avi",
    ]
)
_EXTENSION_BYTES: Final = frozenset(extension.encode() for extension in EXTENSIONS)


def is_music(path: bytes) -> bool:
    """Say whether a path names a music file, by its suffix in either case."""
    return os.path.splitext(path)[1].lower() in _EXTENSION_BYTES  # noqa: PTH122 - bytes
