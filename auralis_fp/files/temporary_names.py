"""Names that programs give to files while they write them: downloads, sync clients, editors."""

import os
import re
from typing import Final

from .formats import is_music

UNFINISHED: Final = (
    *(b".part", b".partial", b".crdownload", b".tmp", b".temp", b".download", b".filepart", b".!qb", b".!ut", b".!bt"),
    *(b".bc!", b".!sync", b".aria2", b".ytdl", b".lftp-pget-status", b".opdownload", b".unconfirmed", b".dctmp"),
)
_TEMPORARY: Final = re.compile(
    rb"~syncthing~.*"  # Syncthing on Windows
    rb"|~\$.*"  # Office, and what imitates it
    rb"|.*\.~[0-9a-f]+"  # Nextcloud and ownCloud
    rb"|\..*\.[0-9A-Za-z]{6}"  # rsync
    rb"|.*\.sb-[0-9a-f]{8}-[0-9A-Za-z]{6}"  # safe saving on macOS
    rb"|.*\.[0-9a-z]{8}\.partial"  # rclone
    rb"|.*\.(temp|f[0-9]{2,3}(-[0-9]+)?)\.[0-9a-z]{2,5}",  # yt-dlp
    re.IGNORECASE | re.DOTALL,
)


def is_temporary(path: bytes) -> bool:
    """Return True if a path has the name of a file that is still being written."""
    name = os.path.basename(path)
    return name.lower().endswith(UNFINISHED) or _TEMPORARY.fullmatch(name) is not None


def is_unfinished_music(name: bytes) -> bool:
    """Return True if a temporary name stands for a music file, such as ``song.mp3.part``."""
    return is_temporary(name) and is_music(os.path.splitext(name)[0].lstrip(b"."))
