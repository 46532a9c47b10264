"""The performance page: each part's tables are between two markers and are replaced by a new measurement."""

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = DOCS / "performance.md"


def put(name: str, text: str, header: str) -> bool:
    """Replace the tables of a part; return True if the page has a place for it."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not place.search(page):
        return False
    written = f"{begin}\n{text.strip()}\n\n{header.strip()}\n{end}"
    PAGE.write_text(place.sub(lambda _: written, page), encoding="utf-8")
    return True
