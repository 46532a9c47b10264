"""Pictures as covers: recognised by content, bounded, and made into thumbnails. Runs in a worker process."""

import hashlib
import io
import warnings
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps

from ..errors import CoverError

THUMBNAIL_PIXELS: Final = 320  # of the longer side
MAX_BYTES: Final = 32 << 20
MAX_PIXELS: Final = 64_000_000  # 8000 x 8000
MAX_SIDE: Final = 20_000
_QUALITY: Final = 82
_KINDS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # nothing that could name another file, as SVG can


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


def first_picture(descriptors: Sequence[int]) -> bytes | None:
    """Return the content of the first of some open files that holds a usable picture, or None."""
    for descriptor in descriptors:
        with open(descriptor, "rb", closefd=False) as file:
            try:
                picture = file.read(MAX_BYTES + 1)
            except OSError:
                continue
        if is_usable(picture):
            return picture
    return None
