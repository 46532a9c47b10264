"""The status page, with its first texts in the language of the reader."""

import asyncio
import json
import re
from functools import lru_cache
from html import escape
from typing import Final

from aiohttp import hdrs, web

from .static_files import content_of, static_folder

USUAL: Final = "en"
_TEXT: Final = re.compile(r'(data-text="([\w.-]+)">)(?=</)')
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*([\d.]+)\s*")


async def page(request: web.Request) -> web.StreamResponse:
    """Get the status page."""
    body = await asyncio.to_thread(_filled, request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    headers = {hdrs.VARY: hdrs.ACCEPT_LANGUAGE}
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


def language_of(accepted: str) -> str:
    """Return the preferred language among those that the page has texts in. Blocking.

    Parameters
    ----------
    accepted : str
        Value of a header ``Accept-Language``.

    Notes
    -----
    The page chooses by the same rule (``i18n.js``): the first language with a catalogue, else English.

    Examples
    --------
    >>> language_of("fr-CH, de;q=0.8, en;q=0.7")
    'de'
    """
    weighted = [
        (-_weight(parameter), tag) for tag, _, parameter in (part.partition(";") for part in accepted.split(","))
    ]
    tags = [tag.strip().lower().split("-")[0] for weight, tag in sorted(weighted, key=lambda one: one[0]) if weight]
    return next((tag for tag in tags if tag in _languages()), USUAL)


def _weight(parameter: str) -> float:
    found = _WEIGHT.fullmatch(parameter)
    try:
        return float(found[1]) if found else 1.0
    except ValueError:  # more than one point
        return 0.0


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    return frozenset(path.stem for path in (static_folder() / "i18n").glob("*.json"))


def _filled(accepted: str) -> bytes:
    """Return the page with the texts that are shown before its modules are loaded. Blocking."""
    language = language_of(accepted)
    return _fill(content_of("index.html") or b"", content_of(f"i18n/{language}.json") or b"{}", language)


@lru_cache(maxsize=8)
def _fill(template: bytes, catalogue: bytes, language: str) -> bytes:
    texts = json.loads(catalogue)
    filled = _TEXT.sub(lambda found: found[1] + escape(texts[found[2]], quote=False), template.decode())
    return (
        filled.replace('lang="en"', f'lang="{language}"', 1).replace("i18n/en.json", f"i18n/{language}.json").encode()
    )
