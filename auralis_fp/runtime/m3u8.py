"""Playlists as M3U8: UTF-8 text that players read."""

import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, NamedTuple

MEDIA_TYPE: Final = "audio/x-mpegurl"


class Entry(NamedTuple):
    """A track of a playlist; the duration is in seconds."""

    path: bytes
    title: str
    duration_sec: float


def m3u8(entries: Iterable[Entry], relative_to: bytes | None = None) -> str:
    r"""Return a playlist.

    Parameters
    ----------
    entries : iterable of Entry
    relative_to : bytes, optional
        Folder that the playlist will lie in: paths are written relative to it, if they can be. Default: absolute.

    Notes
    -----
    A path that is not UTF-8, or that a reader would split or skip, is written as a file URI.

    Examples
    --------
    >>> m3u8([Entry(b"/music/a.flac", "A", 61.2)], b"/music").splitlines()
    ['#EXTM3U', '#EXTENC:UTF-8', '#EXTINF:61,A', 'a.flac']
    """
    lines = ["#EXTM3U", "#EXTENC:UTF-8"]
    for entry in entries:
        title = " ".join(_text(entry.title).split())
        lines += [f"#EXTINF:{round(entry.duration_sec)},{title}", _location(entry.path, relative_to)]
    return "\n".join(lines) + "\n"


def _location(path: bytes, relative_to: bytes | None) -> str:
    shown = path
    if relative_to is not None:
        try:
            shown = os.path.relpath(path, relative_to)
        except ValueError:  # on another drive
            shown = path
    text = os.fsdecode(shown)
    if text.startswith("#") or text != text.lstrip():
        text = f"./{text}"
    if _text(text) != text or not text.isprintable() or text != text.strip():
        return PurePath(os.fsdecode(path)).as_uri()
    return text


def _text(text: str) -> str:
    """Return text that UTF-8 can represent."""
    return text.encode("utf-8", "replace").decode("utf-8")
