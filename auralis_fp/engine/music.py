"""What the files say of the music: tags, covers, albums and artists."""

from collections.abc import Sequence

from ..jobs.context import Context
from ..store.albums import Album, AlbumStore, Artist, GroupQuery, Groups
from ..store.tags import StoredTags, TagStore
from .covers import Covers


class Music:
    """Answers what is asked about the music rather than about the analysis.

    Parameters
    ----------
    context : Context
    tags : TagStore
    """

    def __init__(self, context: Context, tags: TagStore) -> None:
        self.covers = Covers(context, tags)
        self._tags = tags
        self._albums = AlbumStore(context.library.database)

    async def tags(self, file_ids: Sequence[int]) -> dict[int, StoredTags]:
        """Return the tags of files by their ids; files whose tags have not been read are left out."""
        return await self._tags.of_files(file_ids)

    async def titles(self, paths: Sequence[bytes]) -> dict[bytes, str]:
        """Return the titles of files by path; those without one are left out."""
        return await self._tags.titles(paths)

    async def unread(self) -> int:
        """Return how many files have tags still to be read."""
        return await self._tags.waiting()

    async def albums(self, wanted: GroupQuery) -> Groups[Album]:
        """Return a page of albums."""
        return await self._albums.albums(wanted)

    async def artists(self, wanted: GroupQuery) -> Groups[Artist]:
        """Return a page of artists."""
        return await self._albums.artists(wanted)
