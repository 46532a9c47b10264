"""The pages of measurements: each part's tables are between two markers and are replaced by a new measurement."""

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = DOCS / "performance.md"
ACCURACY: Final = DOCS / "accuracy.md"


def put(name: str, text: str, header: str, path: Path = PAGE) -> bool:
    """Replace the tables of a part.

    Parameters
    ----------
    name : str
        Of the part.
    text : str
        The tables.
    header : str
        Commit, versions and machine, written below them.
    path : Path
        The page.

    Returns
    -------
    bool
        True if the page has a place for the part.
    """
    page = path.read_text(encoding="utf-8")
    if not (old := part(name, path)):
        return False
    begin, end = _marks(name)
    path.write_text(page.replace(old, f"{begin}\n{text.strip()}\n\n{header.strip()}\n{end}"), encoding="utf-8")
    return True


def part(name: str, path: Path = PAGE) -> str:
    """Return a part of a page with the markers around it; empty if the page has no place for it."""
    begin, end = map(re.escape, _marks(name))
    found = re.search(f"{begin}.*?{end}", path.read_text(encoding="utf-8"), re.DOTALL)
    return found.group() if found else ""


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- /{name} -->"
