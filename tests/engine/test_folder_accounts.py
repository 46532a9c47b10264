"""The stored accounts of the music folders."""

import logging
from pathlib import Path

import pytest

from auralis_fp.engine.folder_accounts import FolderAccounts, stored_accounts
from auralis_fp.engine.snapshot import Folder, LeftOutEntries
from auralis_fp.errors import StorageError
from auralis_fp.files.omissions import Reason
from stored import library_in

LEFT_OUT = LeftOutEntries(Reason.HIDDEN, "", 2, [".a.mp3", "caf\udce9/.b.mp3"], "", "hidden")


def folder(files: int = 3, last_scan: float | None = 1000.0) -> Folder:
    """Return a folder after a sweep."""
    return Folder(
        path="/music/caf\udce9",
        online=True,
        mode="events",
        reason="",
        files=files,
        scanning=False,
        last_scan=last_scan,
        next_scan=None,
        left_out=[LEFT_OUT],
    )


async def test_accounts_are_stored_when_a_sweep_has_changed_them(tmp_path: Path) -> None:
    """The account of the last sweep is stored, with any file name, and only written again if it changed."""
    folders = [folder(last_scan=None)]
    async with library_in(tmp_path) as library:
        accounts = FolderAccounts(library, lambda: folders)
        await accounts.store()
        assert await stored_accounts(library) == []
        folders[:] = [folder()]
        await accounts.store()
        (stored,) = await stored_accounts(library)
        assert (stored.path, stored.files, stored.left_out) == ("/music/caf\udce9", 3, [LEFT_OUT])
        await library.remember("folders", "[]")
        await accounts.store()
        assert await stored_accounts(library) == []
        folders[:] = [folder(files=4)]
        await accounts.close()
        assert [account.files for account in await stored_accounts(library)] == [4]


async def test_accounts_of_another_version_are_ignored(tmp_path: Path) -> None:
    """Accounts with other fields count as none."""
    async with library_in(tmp_path) as library:
        await library.remember("folders", '[{"path": "/music", "files": 3}]')
        assert await stored_accounts(library) == []


async def test_a_failed_write_does_not_fail_the_shutdown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If the accounts cannot be stored at the end, a warning is logged."""
    async with library_in(tmp_path) as library:
        accounts = FolderAccounts(library, lambda: [folder()])
    with caplog.at_level(logging.WARNING):
        await accounts.close()
    assert "cannot be stored" in caplog.text
    with pytest.raises(StorageError):
        await accounts.store()
