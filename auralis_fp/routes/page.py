"""The status page and what belongs to it."""

from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from ..errors import RequestError

ASSET: Final = r"{asset:(?:[\w-]+/)*[\w.-]+\.(?:html|css|js|svg|png|ico|woff2|webmanifest)}"
TYPES: Final = {  # not left to the system's table, which may be wrong; browsers run no script of another type
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def static_folder() -> Path:
    """Return where the page lies: in the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "static"
    return installed if installed.is_dir() else package.parent / "static"


async def page(_: web.Request) -> web.StreamResponse:
    """Answer with the page."""
    return _file("index.html")


async def asset(request: web.Request) -> web.StreamResponse:
    """Answer with one of the files of the page."""
    return _file(request.match_info["asset"])


async def to_page(request: web.Request) -> web.StreamResponse:
    """Send a browser from the bare prefix to the page; relative, so that it works behind any proxy."""
    last = request.rel_url.raw_path.rstrip("/").rpartition("/")[2]
    raise web.HTTPFound(f"./{last}/")


def _file(name: str) -> web.StreamResponse:
    folder = static_folder()
    path = folder.joinpath(*name.split("/"))
    if ".." in path.parts or not path.is_file():
        raise RequestError(404, "not_found", "There is nothing at this address.")
    headers = {"Cache-Control": "no-cache"}
    if path.suffix in TYPES:
        headers["Content-Type"] = TYPES[path.suffix]
    return web.FileResponse(path, headers=headers)
