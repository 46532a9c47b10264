"""What a sweep left out of a library, by reason."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Final

from ..states import LeftOut

EXAMPLES: Final = 10  # paths named for each reason
MOST_INNER_LINKS: Final = 1000
MOST_STRAYS: Final = 10_000  # sidecars; a later sweep finds the rest


class Reason(Enum):
    """Why an entry of a library is not analysed. The value is its name in the API."""

    HIDDEN = "hidden"
    IGNORED = "ignored"
    SYSTEM_FOLDER = "system_folder"
    LINK_OUTSIDE = "link_outside"
    BROKEN_LINK = "broken_link"
    UNREADABLE = "unreadable"
    NOT_REGULAR = "not_regular"
    UNSUPPORTED = "unsupported"
    PLACEHOLDER = "placeholder"
    TEMPORARY = "temporary"
    SECOND_PLACE = "second_place"


_TEXTS: Final = {
    Reason.HIDDEN: "hidden: the name begins with a dot",
    Reason.IGNORED: "excluded by an ignore pattern",
    Reason.SYSTEM_FOLDER: "recycle bin, snapshot or system folder",
    Reason.LINK_OUTSIDE: "link that leads outside the music folders",
    Reason.BROKEN_LINK: "link whose target is missing",
    Reason.UNREADABLE: "not readable",
    Reason.NOT_REGULAR: "pipe or device",
    Reason.UNSUPPORTED: "format not supported",
    Reason.PLACEHOLDER: "cloud placeholder: the content is not on this disk",
    Reason.TEMPORARY: "temporary name of a download or copy",
    Reason.SECOND_PLACE: "folder mounted at a second place: its files are listed at the first",
}
_SETTINGS: Final = {
    Reason.IGNORED: "ignore",
    Reason.SYSTEM_FOLDER: "system_folders",
    Reason.LINK_OUTSIDE: "follow_links_to",
}


class Omissions:
    """Counts what one sweep leaves out. Only broken links are all kept; of the rest there are a few examples."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Reason, str]] = Counter()
        self.interrupted = False
        self.broken_links: list[bytes] = []
        self.strays: list[bytes] = []  # sidecars without their track
        self.inner_links: set[bytes] = set()  # a second way to folders of the library
        self._examples: defaultdict[tuple[Reason, str], list[str]] = defaultdict(list)

    def add(self, reason: Reason, below_root: bytes) -> None:
        """Count an entry.

        Parameters
        ----------
        reason : Reason
        below_root : bytes
            Its path below the library.
        """
        suffix = os.path.splitext(below_root)[1].lower() if reason is Reason.UNSUPPORTED else b""
        key = reason, os.fsdecode(suffix)
        self._counts[key] += 1
        if len(self._examples[key]) < EXAMPLES:
            self._examples[key].append(os.fsdecode(below_root))

    def add_strays(self, folder: bytes, sidecars: Iterable[bytes], names: AbstractSet[bytes]) -> None:
        """Note the sidecars of a folder whose track is not in it.

        Parameters
        ----------
        folder : bytes
        sidecars : iterable of bytes
            Their names.
        names : set of bytes
            All other names in the folder.
        """
        for name in sidecars:
            if len(self.strays) < MOST_STRAYS and os.path.splitext(name)[0] not in names:
                self.strays.append(os.path.join(folder, name))

    def note_inner_link(self, link: bytes) -> None:
        """Note a link that leads to a folder of the library, or to one that holds the library."""
        if len(self.inner_links) < MOST_INNER_LINKS:
            self.inner_links.add(link)

    def interrupt(self) -> None:
        """Note that a folder could not be listed because its disk or network failed."""
        self.interrupted = True

    def summary(self) -> tuple[LeftOut, ...]:
        """Return one entry for each reason, and for each suffix of unsupported files; the most frequent first."""
        return tuple(
            LeftOut(
                reason=reason.value,
                suffix=suffix,
                count=count,
                examples=tuple(self._examples[reason, suffix]),
                setting=_SETTINGS.get(reason, ""),
                text=_TEXTS[reason],
            )
            for (reason, suffix), count in self._counts.most_common()
        )
