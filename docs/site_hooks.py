"""MkDocs hooks: pages of the site that are made from files outside ``docs/`` or from the code."""

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parent.parent
MERMAID: Final = Path("node_modules/mermaid/dist/mermaid.min.js")  # without it the theme loads its own copy from a CDN
COPIES: Final = {"index.md": "README.md", "changelog.md": "CHANGELOG.md", "security.md": "SECURITY.md"}
MOVED: Final = {  # link targets of these files on the site
    "docs/decisions": "decisions/list.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "LICENSE": "license.md",
}
MODULES: Final = ("auralis_fp", "auralis_fp.asgi", "auralis_fp.client", "auralis_fp.units", "auralis_fp.settings",
                  "auralis_fp.errors", "auralis_fp.models")  # fmt: skip


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {page: _relinked((ROOT / source).read_text(encoding="utf-8")) for page, source in COPIES.items()}
    pages["license.md"] = f"# Licence\n\n```text\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}```\n"
    pages["decisions/list.md"] = _decisions()
    pages["reference.md"] = "# Python API\n\n" + "".join(f"::: {module}\n\n" for module in MODULES)
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    if (ROOT / MERMAID).exists():
        files.append(File.generated(config, "javascripts/mermaid.min.js", abs_src_path=str(ROOT / MERMAID)))
        config.extra_javascript.append("javascripts/mermaid.min.js")
    return files


def _relinked(text: str) -> str:
    """Return a Markdown text of the root folder with its links adapted to the site; source files lose their link."""

    def target(match: re.Match[str]) -> str:
        label, link = match.groups()
        if link.startswith("auralis_fp/"):
            return str(label)
        return f"[{label}]({MOVED.get(link, link.removeprefix('docs/'))})"

    return re.sub(r"\[([^\]]*)\]\(([^):]+)\)", target, text)


def _decisions() -> str:
    """Return the list of all design decisions."""
    titles = (
        (path.name, path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# "))
        for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))
    )
    return "# Design decisions\n\n" + "".join(f"* [{title}]({name})\n" for name, title in titles)
