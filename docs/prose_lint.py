#!/usr/bin/env python3
"""Find phrases that are not idiomatic technical English in docstrings, comments, strings, pages and documents."""

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
_GAP: Final = r"\s+(?:(?:\#|//|\*)\s+)?"  # a phrase may run on in the next line, after its comment sign
_PHRASES: Final = (
    r"(?:say|says|said|saying) whether",
    r"tak(?:e|es|en|ing) note",
    r"lets? go|letting go",
    r"(?:is|are|was|were) to be|to be had",
    r"who (?:waits|asks|listens|begins|opens|announced)",
    r"(?-i:none) is(?! left)|nobody(?:'s)?|by and by|owe[ds]?|owing",
    r"told by|is told|tells? (?:of|apart)",
    r"looked? through|put back|as they are (?:finished|found)",
    r"that are no(?:ne)?|is no [a-z]+ file",
    r"what (?:is|was) (?:known|done|made) of|what (?:came|comes) of|com(?:e|es) to nothing",
    r"held notes?|as many as",
)
PHRASES: Final = re.compile(rf"(?<![\w.'\"`-])(?:{'|'.join(_PHRASES).replace(' ', _GAP)})(?![\w`])", re.IGNORECASE)
FOLDERS: Final = ("auralis_fp", "bench", "docs", "static", "tests", ".ci")
SUFFIXES: Final = {".css", ".html", ".js", ".md", ".mjs", ".py", ".sh", ".toml", ".yml"}
WITHOUT: Final = {  # this file, and pages generated from sources that are checked themselves
    Path("docs/prose_lint.py"),
    Path("docs/api.md"),
    Path("docs/dimensions.md"),
    Path("docs/settings.md"),
}
PROSE: Final = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


class Finding(NamedTuple):
    """A banned phrase and its place."""

    path: Path
    line: int
    phrase: str


def findings(path: Path, text: str) -> Iterator[Finding]:
    """Yield the banned phrases in a file's text; of Python code only comments and strings with a space are read."""
    for start, prose in _python_prose(text) if path.suffix == ".py" else [(1, text)]:
        for match in PHRASES.finditer(prose):
            yield Finding(path, start + prose.count("\n", 0, match.start()), " ".join(match.group().split()))


def _python_prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments and strings with the lines they begin in; neighbouring comment lines are one text."""
    comment: list[str] = []
    first = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            first = first if comment else token.start[0]
            comment.append(token.string)
        elif token.type != tokenize.NL:
            if comment:
                yield first, "\n".join(comment)
                comment = []
            if token.type in PROSE and " " in token.string:
                yield token.start[0], token.string.strip("\"'rbfRBF")


def files() -> Iterator[Path]:
    """Yield the files to check, relative to the root."""
    roots = (path for path in ROOT.iterdir() if path.is_file() and path.suffix in SUFFIXES)
    below = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)
    for path in sorted({path.relative_to(ROOT) for path in (*roots, *below)} - WITHOUT):
        if "node_modules" not in path.parts:
            yield path


def main() -> int:
    """Print all findings; return 1 if there are any."""
    found = [one for path in files() for one in findings(path, (ROOT / path).read_text(encoding="utf-8"))]
    for one in found:
        print(f"{one.path}:{one.line}: {one.phrase!r}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
