"""The page of measurements: each part's tables stand between two marks, and are replaced when it is measured again."""

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = DOCS / "performance.md"


def put(name: str, text: str, header: str) -> bool:
    """Write a part's tables, and what they were measured on, into its place; say whether it has one."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not place.search(page):
        return False
    written = f"{begin}\n{text.strip()}\n\n{header.strip()}\n{end}"
    PAGE.write_text(place.sub(lambda _: written, page), encoding="utf-8")
    return True
