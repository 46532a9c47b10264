"""Covers: thumbnails made on demand in a worker and kept in the data folder."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final

from ..errors import RequestError
from ..jobs.context import Context
from ..models import Rejected
from ..store.records import FileRecord
from ..store.tags import TagStore
from ..tags.model import CoverImage
from ..workers.tasks import make_cover

TRIM_TO: Final = 0.8  # of the limit, once it is exceeded
_SUFFIX: Final = ".webp"


class CoverCache:
    """Thumbnails on disk, by the digest of the picture; the least recently used make room. Its methods block.

    Parameters
    ----------
    folder : Path
    limit_bytes : int
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._size: int | None = None  # unknown until something is stored

    def read(self, digest: str) -> bytes | None:
        """Return a thumbnail; None if it is not kept."""
        path = self._path(digest)
        try:
            data = path.read_bytes()
            os.utime(path)  # used now
        except OSError:
            return None
        return data

    def store(self, digest: str, data: bytes) -> None:
        """Keep a thumbnail. Nothing is kept, and nothing raised, if the disk refuses it."""
        path = self._path(digest)
        partial = path.with_name(f".{digest}.{os.getpid()}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.write_bytes(data)
            partial.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            return
        self._size = self._measured() if self._size is None else self._size + len(data)
        if self._size > self._limit:
            self._trim()

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}{_SUFFIX}"

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob(f"*/*{_SUFFIX}"):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def _measured(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _trim(self) -> None:
        files = self._files()
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= TRIM_TO * self._limit:
                break
            path.unlink(missing_ok=True)
            left -= size
        self._size = left


class Covers:
    """Answers requests for covers.

    Parameters
    ----------
    context : Context
    tags : TagStore
    """

    def __init__(self, context: Context, tags: TagStore) -> None:
        self._context = context
        self._tags = tags
        self._cache = CoverCache(context.settings.data_dir / "covers", context.settings.cover_cache_mb << 20)
        self._making: dict[str, asyncio.Task[CoverImage | Rejected]] = {}

    async def digest(self, file_id: int) -> str:
        """Return the digest of a file's cover, which changes with the picture.

        Raises
        ------
        RequestError
            404 the file has no cover.
        """
        known = (await self._tags.of_files([file_id])).get(file_id)
        if known is None or known.cover is None:
            raise RequestError(404, "no_cover", "The file has no cover.")
        return known.cover.digest

    async def thumbnail(self, record: FileRecord, digest: str) -> bytes:
        """Return the thumbnail of a file's cover as WebP.

        Parameters
        ----------
        record : FileRecord
        digest : str
            As ``digest`` returned it.

        Raises
        ------
        RequestError
            404 the cover is gone; 415 it cannot be shown; 503 no worker could make it.
        """
        kept = await asyncio.to_thread(self._cache.read, digest)
        if kept is not None:
            return kept
        task = self._making.get(digest)
        if task is None:
            task = self._making[digest] = asyncio.create_task(self._make(record), name="cover")
            task.add_done_callback(lambda _: self._making.pop(digest, None))
        made = await asyncio.shield(task)
        if isinstance(made, Rejected):
            raise _error(made)
        return made.data

    async def _make(self, record: FileRecord) -> CoverImage | Rejected:
        context = self._context
        async with context.pool.lease(interactive=True) as slot:
            made = await slot.call(make_cover, record.path, context.rules.bounds(record.path))
        if isinstance(made, CoverImage):
            await asyncio.to_thread(self._cache.store, made.digest, made.data)
        return made


def _error(rejected: Rejected) -> RequestError:
    if rejected.stage == "cover":
        status = 404 if rejected.code == "missing" else 415
        return RequestError(status, "no_cover" if status == 404 else rejected.code, rejected.reason)
    if rejected.stage == "scan":
        return RequestError(404, "file_not_found", "The file cannot be read.")
    return RequestError(503, "unavailable", "The cover could not be made; try again.")
