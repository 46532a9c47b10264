"""The time at which an Ogg stream starts: captures of a running stream begin at any."""

from typing import Final

from .source import Source

_HEADER: Final = 27
_MAX_SEGMENTS: Final = 255
_MAX_PAGES: Final = 64  # of headers: large pictures are tags
_LEAST_START_SEC: Final = 30.0  # a first page may hold some seconds


def first_granule(source: Source) -> int:
    """Return the granule position of the first audio page of an Ogg file; 0 for other files.

    Does not restore the position of the source.
    """
    position = 0
    for _ in range(_MAX_PAGES if source.head[:4] == b"OggS" else 0):
        page = source.read_at(position, _HEADER + _MAX_SEGMENTS)
        if len(page) < _HEADER or page[:4] != b"OggS":
            break
        granule = int.from_bytes(page[6:14], "little", signed=True)
        if granule > 0:
            return granule
        table = page[_HEADER : _HEADER + page[26]]
        position += _HEADER + len(table) + sum(table)
    return 0


def start_sec(granule: int, rate: int) -> float:
    """Return the time in seconds at which a stream starts, 0 for one that starts with its first page.

    Parameters
    ----------
    granule : int
        Granule position of the first audio page, see `first_granule`.
    rate : int
        Granules per second.
    """
    seconds = granule / rate
    return seconds if seconds > _LEAST_START_SEC else 0.0
