"""Package metadata: the README as a package index shows it, and links to the repository.

If ``GITHUB_SERVER_URL`` and ``GITHUB_REPOSITORY`` name the repository, as in the release workflow, relative links and
pictures of the README become addresses there, at the tag of the version. Elsewhere the README stays as it is.
"""

import os
import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)]+)\)")


class ReadmeHook(MetadataHookInterface):
    """Sets ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the dynamic fields.

        Parameters
        ----------
        metadata : dict
            The table ``project``, changed in place.
        """
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
        if server and name:
            repository = f"{server}/{name}"
            text = with_addresses(text, repository, f"v{_version(Path(self.root))}")
            metadata["urls"] = {
                "Source": repository,
                "Documentation": f"{repository}/tree/main/docs",
                "Changelog": f"{repository}/blob/main/CHANGELOG.md",
                "Issues": f"{repository}/issues",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_addresses(text: str, repository: str, tag: str) -> str:
    """Return Markdown whose relative links and pictures are addresses in a repository.

    Parameters
    ----------
    text : str
    repository : str
        Address of the repository.
    tag : str
        Tag that the addresses refer to.

    Examples
    --------
    >>> with_addresses("[API](docs/api.md), ![map](map.png)", "https://example.org/x", "v1")
    '[API](https://example.org/x/blob/v1/docs/api.md), ![map](https://example.org/x/raw/v1/map.png)'
    """

    def absolute(match: re.Match[str]) -> str:
        picture, label, target = match.groups()
        return f"{picture}[{label}]({repository}/{'raw' if picture else 'blob'}/{tag}/{target})"

    return _LINK.sub(absolute, text)


def _version(root: Path) -> str:
    found = re.search(r'__version__: Final = "([^"]+)"', (root / "auralis_fp/_version.py").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("auralis_fp/_version.py has no version")
    return found[1]
