"""The assets of the status page."""

import asyncio
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from aiohttp import web

from ..errors import RequestError

KINDS: Final = {  # the mimetypes table differs between machines
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
ASSET: Final = rf"{{asset:(?:[\w-]+/)*[\w.-]+(?:{'|'.join(KINDS).replace('.', '[.]')})}}"


@cache
def static_folder() -> Path:
    """Return the folder of the page: in the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "static"
    return installed if installed.is_dir() else package.parent / "static"


async def asset(request: web.Request) -> web.StreamResponse:
    """Get an asset of the status page."""
    name = request.match_info["asset"]
    found = await asyncio.to_thread(content_of, name)
    if found is None:
        raise RequestError(404, "not_found", "There is nothing at this path.")
    kind, _, charset = KINDS[Path(name).suffix].partition("; charset=")
    return web.Response(body=found, content_type=kind, charset=charset or None)


async def to_page(request: web.Request) -> web.StreamResponse:
    """Redirect to the status page."""
    # relative, so that it works behind any proxy
    last = request.rel_url.raw_path.rstrip("/").rpartition("/")[2]
    raise web.HTTPFound(f"./{last}/")


def content_of(name: str) -> bytes | None:
    """Return the content of an asset, or None if it does not exist. Blocking."""
    path = static_folder().joinpath(*name.split("/"))
    try:
        modified = path.stat().st_mtime_ns if ".." not in path.parts and path.is_file() else None
    except (OSError, ValueError):  # not a valid file name
        return None
    return None if modified is None else _content(path, modified)


@lru_cache(maxsize=128)
def _content(path: Path, _modified: int) -> bytes:
    """Return the content of an asset, cached until its modification time changes."""
    return path.read_bytes()
