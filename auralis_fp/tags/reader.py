"""Reading the tags and the cover of one file, in a worker process.

Several readers know different formats. ``PRECEDENCE`` says which of them look at a file, and whose value counts.
"""

import io
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, Final

from tinytag import TinyTag
from tinytag.tinytag import _ID3, Images, UnsupportedFormatError

from ..analysis.decoding.container_metadata import read_container
from ..analysis.decoding.source import Source
from ..errors import CoverError, DecodeError
from ..files.formats import recognise
from .ape import read_ape
from .fields import RawTags, merged, parse_fields
from .folder_pictures import open_folder_pictures
from .genres import GENRES
from .model import Cover, CoverImage, CoverPlace, TagReading
from .pictures import digest_of, first_picture, is_usable, thumbnail

Reader = Callable[[Source], tuple[RawTags, bytes | None]]

_ANY_FORMAT: Final = "*"
_MAX_ID3: Final = 32 << 20
_TINYTAG_FIELDS: Final = (
    "title", "artist", "albumartist", "album", "track", "track_total", "disc", "disc_total", "year", "genre",
)  # fmt: skip


# tinytag's own list (2.3.2) lacks three names, which makes those from 139 on wrong
_ID3._ID3V1_GENRES = GENRES  # type: ignore[assignment]


def _tinytag(source: Source) -> tuple[RawTags, bytes | None]:
    """ID3v1 and v2 (in MP3, AAC, TTA, WAV, AIFF, DSF), Vorbis comments (FLAC, Ogg), MP4 atoms, ASF and RIFF INFO."""
    with _whole_file(source) as file:
        tag = TinyTag.get(file_obj=_id3_of_dsf(file) or file, duration=False, image=True)
    raw: dict[str, list[str]] = {key: list(values) for key, values in tag.other.items()}
    for name in _TINYTAG_FIELDS:
        value = getattr(tag, name)
        if value is not None:
            raw[name] = [str(value), *raw.get(name, [])]
    return raw, _front_cover(tag.images)


def _whole_file(source: Source) -> BinaryIO:
    """Return the file from its first byte, ID3 tags included; closing it leaves the source open."""
    file = open(source.fileno(), "rb", closefd=False)  # noqa: SIM115 - the caller closes it
    file.seek(0)
    return file


def _id3_of_dsf(file: BinaryIO) -> BinaryIO | None:
    """Return the ID3v2 tag that the header of a DSF file points to; None for other files."""
    head = file.read(28)
    file.seek(0)
    if not head.startswith(b"DSD "):
        return None
    file.seek(min(int.from_bytes(head[20:28], "little"), os.fstat(file.fileno()).st_size))
    return io.BytesIO(file.read(_MAX_ID3))


def _front_cover(images: Images) -> bytes | None:
    image = images.front_cover or images.any
    return None if image is None else bytes(image.data)


def _ape(source: Source) -> tuple[RawTags, bytes | None]:
    """APEv2 tags (MP3, WavPack, Monkey's Audio, Musepack, TTA)."""
    with _whole_file(source) as file:
        return read_ape(file)


#: The readers in order of rank: the value of the first that has one counts. The host's own database outranks them
#: all; its values are merged where readings are stored (`store.tags`), since the workers do not open it.
#: The second column names the formats (see ``files.formats``) that a reader looks at.
PRECEDENCE: Final[tuple[tuple[str, frozenset[str], Reader], ...]] = (
    ("tinytag", frozenset({"mp3", "aac", "tta", "flac", "ogg", "m4a", "wma", "wav", "aiff", "dsf"}), _tinytag),
    ("apev2", frozenset({"mp3", "aac", "tta", "wavpack", "ape", "musepack"}), _ape),
    ("container", frozenset({_ANY_FORMAT}), read_container),
)
_COMPLETE_WITHOUT_CONTAINER: Final = frozenset({"mp3", "flac", "ogg", "m4a"})


def read_file_tags(
    file: bytes | int, bounds: Sequence[bytes] = (), pictures: Sequence[int] | None = None
) -> TagReading:
    """Read the tags of one file and find its cover.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which is closed.
    bounds : sequence of bytes
        Folders, free of links, one of which a file opened by its path must lie below; none: anywhere.
    pictures : sequence of int, optional
        Descriptors of the picture files in its folder, which are closed; by default they are looked for beside the
        path.

    Returns
    -------
    TagReading
        A reader that fails on the file is named in ``problems``; what the others found still counts.

    Raises
    ------
    ScanError
        The file cannot be opened or read.
    """
    found, problems, picture, place = _contents(file, bounds, pictures)
    cover = None if picture is None else Cover(digest_of(picture), place)
    return TagReading(merged(found), cover, tuple(problems))


def read_cover(file: bytes | int, bounds: Sequence[bytes] = (), pictures: Sequence[int] | None = None) -> CoverImage:
    """Return the thumbnail of the picture that ``read_file_tags`` reports as a file's cover.

    Parameters
    ----------
    file, bounds, pictures
        As in ``read_file_tags``.

    Raises
    ------
    ScanError
        The file cannot be opened or read.
    CoverError
        ``missing``: it has no cover; ``limits`` or ``corrupt``: the picture cannot be shown.
    """
    _, _, picture, _ = _contents(file, bounds, pictures)
    if picture is None:
        raise CoverError("missing", "The file has no cover.")
    return CoverImage(digest_of(picture), thumbnail(picture))


def _contents(
    file: bytes | int, bounds: Sequence[bytes], pictures: Sequence[int] | None
) -> tuple[list[dict[str, Any]], list[str], bytes | None, CoverPlace]:
    """Return the fields by reader, the problems, and the picture with its place."""
    with ExitStack() as closing:
        for descriptor in pictures or ():
            closing.callback(os.close, descriptor)
        source = Source(file, bounds)
        closing.callback(source.close)
        found, picture, problems = _read(source)
        source.check()
        if picture is not None:
            return found, problems, picture, "embedded"
        if pictures is None and isinstance(file, bytes):
            pictures = open_folder_pictures(file, bounds)
            for descriptor in pictures:
                closing.callback(os.close, descriptor)
        return found, problems, first_picture(pictures or ()), "folder"


def _read(source: Source) -> tuple[list[dict[str, Any]], bytes | None, list[str]]:
    found: list[dict[str, Any]] = []
    picture: bytes | None = None
    problems: list[str] = []
    for name, reader in _readers(source):
        try:
            raw, image = reader(source)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - parsers of damaged files raise anything; the next reader may do
            if not isinstance(error, DecodeError | UnsupportedFormatError):
                problems.append(f"{name}: {type(error).__name__}: {error}"[:200])
            continue
        found.append(parse_fields(raw))
        if picture is None and image is not None and is_usable(image):
            picture = image
    return found, picture, problems


def _readers(source: Source) -> list[tuple[str, Reader]]:
    form = _format_name(source.head)
    return [
        (name, reader)
        for name, formats, reader in PRECEDENCE
        if form in formats or (_ANY_FORMAT in formats and form not in _COMPLETE_WITHOUT_CONTAINER)
    ]


def _format_name(head: bytes) -> str:
    """Return the format by a file's first bytes behind its ID3 tags; ``aac`` for whatever bears no mark."""
    form = recognise(head)
    if form is not None:
        return form.name
    is_mpeg_audio = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    return "mp3" if is_mpeg_audio else "aac"
