"""Pictures as covers: found, recognised by content, bounded, and made into thumbnails. Runs in a worker process."""

import hashlib
import io
import os
import warnings
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps

from ..errors import CoverError
from ..files.descriptors import is_within
from ..files.regular import open_regular
from .grouping import is_disc_folder

THUMBNAIL_PIXELS: Final = 320  # of the longer side
MAX_BYTES: Final = 32 << 20
MAX_PIXELS: Final = 64_000_000  # 8000 x 8000
MAX_SIDE: Final = 20_000
_QUALITY: Final = 82
_KINDS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # nothing that could name another file, as SVG can
_STEMS: Final = (b"cover", b"folder", b"front", b"album", b"albumart", b"artwork")
_SUFFIXES: Final = (b".jpg", b".jpeg", b".png", b".webp", b".gif", b".bmp")
_MAX_ENTRIES: Final = 5_000  # of a folder that are looked at


def digest_of(picture: bytes) -> str:
    """Return the hash by which a picture's thumbnail is stored."""
    return hashlib.blake2b(picture, digest_size=16).hexdigest()


def is_usable(picture: bytes) -> bool:
    """Return True if the header of a picture is of a known kind and within the limits."""
    try:
        _open(picture).close()
    except CoverError:
        return False
    return True


def thumbnail(picture: bytes) -> bytes:
    """Return a picture as WebP of at most ``THUMBNAIL_PIXELS`` a side, without its metadata.

    Raises
    ------
    CoverError
        ``unsupported``: not a picture of a known kind; ``limits``: too large; ``corrupt``: it does not decode.
    """
    with _open(picture) as image:
        image.draft("RGB", (2 * THUMBNAIL_PIXELS, 2 * THUMBNAIL_PIXELS))  # JPEG: decode at a fraction of the size
        try:
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            small = upright.convert("RGBA" if has_alpha else "RGB")
        except MemoryError:
            raise
        except Exception as error:  # decoders of damaged pictures raise anything
            raise CoverError("corrupt", "The picture does not decode.") from error
    made = io.BytesIO()
    small.save(made, "WEBP", quality=_QUALITY, method=4)
    return made.getvalue()


def _open(picture: bytes) -> Image.Image:
    """Read a picture's header; nothing is decoded yet."""
    if len(picture) > MAX_BYTES:
        raise CoverError("limits", f"The picture has more than {MAX_BYTES >> 20} MiB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about sizes that are checked here
            image = Image.open(io.BytesIO(picture), formats=_KINDS)
    except Image.DecompressionBombError as error:
        raise CoverError("limits", "The picture has too many pixels.") from error
    except Exception as error:
        raise CoverError("unsupported", "This is not a picture of a known kind.") from error
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE or min(width, height) < 1:
        image.close()
        raise CoverError("limits", f"The picture has {width} × {height} pixels.")
    return image


def folder_picture(path: bytes, bounds: Sequence[bytes] = ()) -> bytes | None:
    """Return the picture in the folder of a file that stands for its album, or None.

    ``cover``, ``folder``, ``front``, ``album``, ``albumart`` and ``artwork`` are looked for, in this order and in
    either case, then the same in the folder above if the file's own folder is that of one disc.

    Parameters
    ----------
    path : bytes
        The music file.
    bounds : sequence of bytes
        Folders, free of links, one of which the picture must lie below when it is opened; none: anywhere.
    """
    folder = os.path.dirname(path)
    folders = [folder, os.path.dirname(folder)] if is_disc_folder(folder) else [folder]
    for each in folders:
        for name in _candidates(each):
            picture = _read_picture(os.path.join(each, name), bounds)
            if picture is not None and is_usable(picture):
                return picture
    return None


def _candidates(folder: bytes) -> list[bytes]:
    """Return the names in a folder that are usual for covers, the best first."""
    ranked: list[tuple[int, int, bytes]] = []
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(_MAX_ENTRIES), entries, strict=False):
                stem, suffix = os.path.splitext(entry.name.lower())
                if suffix in _SUFFIXES and stem in _STEMS:
                    ranked.append((_STEMS.index(stem), _SUFFIXES.index(suffix), entry.name))
    except OSError:
        return []
    return [name for *_, name in sorted(ranked)]


def _read_picture(path: bytes, bounds: Sequence[bytes]) -> bytes | None:
    try:
        descriptor = open_regular(path)
    except (OSError, ValueError):
        return None
    with open(descriptor, "rb") as file:
        if bounds and not is_within(descriptor, path, bounds):
            return None
        try:
            return file.read(MAX_BYTES + 1)
        except OSError:
            return None
