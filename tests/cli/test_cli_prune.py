"""``prune``: shows what it would delete, and deletes it on request."""

import asyncio
from pathlib import Path

from auralis_fp.models import FileEvent
from auralis_fp.store.forgetting import count_absence, forget
from commands import auralis
from stored import SONG, STAMP, analysed, library_in, queued


def test_nothing_is_deleted_without_yes(tmp_path: Path) -> None:
    """Forgotten files are named first; with ``--yes`` they are deleted with their results."""

    async def fill() -> None:
        async with library_in(tmp_path) as library:
            job = await queued(library)
            result = analysed()
            await library.record(job.file_id, result, STAMP, claim=job.claim, source="analysis")
            await library.database.write(lambda db: db.execute("UPDATE fingerprints SET payload_digest = x'00'"))
            await library.observe([FileEvent(SONG, None)])
            await count_absence(library.database, b"/music")
            assert await forget(library.database, 0.0) == [SONG]

    asyncio.run(fill())
    for _ in range(2):
        shown = auralis("prune", "--data-dir", tmp_path)
        assert (shown.returncode, shown.stdout) == (0, "/music/song.flac\n")
        assert "1 forgotten files with 1 results would be deleted" in shown.stderr
    deleted = auralis("prune", "--yes", "--data-dir", tmp_path)
    assert (deleted.returncode, "1 forgotten files deleted with 1 results" in deleted.stderr) == (0, True)
    assert auralis("prune", "--data-dir", tmp_path).stdout == ""
