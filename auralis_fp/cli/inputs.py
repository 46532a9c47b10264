"""The files that ``analyze`` is given: files, folders, and lists of files."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ..errors import AuralisError
from ..files.rules import Rules
from ..files.scanner import walk
from ..settings import Settings

STANDARD_INPUT: Final = "-"
_PLAYLISTS: Final = (".m3u", ".m3u8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a command is given: files and folders, lists of them, and whether names in lists end with NUL."""

    names: Sequence[str]
    lists: Sequence[str] = ()
    null: bool = False

    @property
    def streamed(self) -> bool:
        """Names arrive on standard input, so their number is not known."""
        return STANDARD_INPUT in (*self.names, *self.lists)


class InputError(AuralisError):
    """A list or a folder cannot be read; the message states the reason."""


def expand(arguments: Sequence[str], lists: Sequence[str], settings: Settings, *, null: bool = False) -> Iterator[str]:
    """Yield the names of files, in order. Blocking.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders, playlists, and ``-`` for a list on standard input.
    lists : sequence of str
        Files with one name per line. In playlists (M3U), names are relative to the playlist and comments are skipped.
    settings : Settings
        ``ignore``, ``system_folders`` and ``follow_links_to`` apply to folders.
    null : bool
        Names in lists end with NUL instead of a line break.

    Raises
    ------
    InputError
    """
    for argument in arguments:
        if argument == STANDARD_INPUT or argument.lower().endswith(_PLAYLISTS):
            yield from _below(_listed(argument, null=null), settings)
        else:
            yield from _below([argument], settings)
    for name in lists:
        yield from _below(_listed(name, null=null), settings)


def _below(names: Iterable[str], settings: Settings) -> Iterator[str]:
    """Yield the names, with folders replaced by the music files below them."""
    for name in names:
        if os.path.isdir(name):
            yield from _music_in(name, settings)
        else:
            yield name


def _music_in(folder: str, settings: Settings) -> Iterator[str]:
    root = os.fsencode(os.path.abspath(folder))
    rules = Rules(
        [root], settings.ignore, settings.system_folders, [os.fsencode(target) for target in settings.follow_links_to]
    )
    try:
        found = sorted(event.path for event in walk(root, root, rules))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}") from error
    if not found:
        raise InputError(f"{folder} contains no audio files")
    for path in found:
        yield os.path.join(folder, os.fsdecode(os.path.relpath(path, root)))


def _listed(name: str, *, null: bool) -> Iterator[str]:
    if name == STANDARD_INPUT:
        yield from _names(sys.stdin.buffer, null=null)
        return
    playlist = name.lower().endswith(_PLAYLISTS)
    try:
        with Path(name).open("rb") as stream:
            for entry in _names(stream, null=null and not playlist):
                if not playlist:
                    yield entry
                elif not entry.startswith("#"):
                    yield os.path.join(os.path.dirname(name), entry)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from error


def _names(stream: IO[bytes], *, null: bool) -> Iterator[str]:
    """Yield the names in a stream as they arrive; empty ones are skipped."""
    for line in lines_in(stream, null=null):
        yield os.fsdecode(line if null else line.removeprefix(b"\xef\xbb\xbf"))


def lines_in(stream: IO[bytes], *, null: bool, longest: int = -1) -> Iterator[bytes]:
    """Yield the lines of a stream that are not empty, as they arrive. Blocking.

    Parameters
    ----------
    stream : file
    null : bool
        Lines end with NUL instead of a line break.
    longest : int
        Bytes after which a line without its break is split; -1 for no limit.
    """
    if not null:
        for line in iter(lambda: stream.readline(longest), b""):
            if name := line.rstrip(b"\r\n"):
                yield name
        return
    rest = b""
    while part := stream.read1(1 << 16) if hasattr(stream, "read1") else stream.read(1 << 16):
        *names, rest = (rest + part).split(b"\0")
        yield from (name for name in names if name)
    if rest:
        yield rest
