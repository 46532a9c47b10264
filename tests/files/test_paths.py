"""Path containment by name, on POSIX and on Windows."""

import ast
import ntpath
import os
import posixpath
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import ModuleType

import pytest

import auralis_fp
from auralis_fp.files.paths import (
    directory_prefix,
    innermost,
    is_below,
    is_same_or_below,
    relative_path,
    sort_range,
    split_path,
)

PACKAGE = Path(auralis_fp.__file__).parent

POSIX = [
    ("/music/a.mp3", "/music", "a.mp3"),
    ("/music/a/b.mp3", "/music/", "a/b.mp3"),
    ("/music", "/music", None),
    ("/music/", "/music", None),
    ("/musical/a.mp3", "/music", None),
    ("/Music/a.mp3", "/music", None),
    ("/music/../etc/passwd", "/music", None),
    ("/music/..a.mp3", "/music", "..a.mp3"),
    ("/music\\a.mp3", "/music", None),
    ("/etc", "/", "etc"),
    ("/", "/", None),
]
WINDOWS = [
    (r"C:\Music\a.mp3", r"C:\Music", "a.mp3"),
    (r"c:\music\Album\a.mp3", r"C:\Music", r"Album\a.mp3"),
    ("C:/Music/Album/a.mp3", r"C:\Music", r"Album\a.mp3"),
    (r"D:\Music\a.mp3", r"C:\Music", None),
    (r"C:Music\a.mp3", r"C:\Music", None),
    (r"\Music\a.mp3", r"C:\Music", None),
    (r"C:\Music", r"C:\Music", None),
    (r"C:\Musical\a.mp3", r"C:\Music", None),
    (r"C:\Music\..\Windows\a.mp3", r"C:\Music", None),
    (r"c:\music\..\Windows\a.mp3", r"C:\Music", None),
    (r"C:\a.mp3", "C:\\", "a.mp3"),
    (r"\\nas\share\Music\a.mp3", r"\\nas\share\Music", "a.mp3"),
    (r"\\NAS\Share\Music\a.mp3", r"\\nas\share", r"Music\a.mp3"),
    (r"\\nas\other\a.mp3", r"\\nas\share", None),
    (r"\\?\C:\Music\a.mp3", r"C:\Music", "a.mp3"),
    (r"\\?\UNC\nas\share\a.mp3", r"\\nas\share", "a.mp3"),
    (r"C:\MÜSIK\a.mp3", r"C:\müsik", "a.mp3"),
]


@pytest.mark.parametrize(("path", "folder", "expected"), POSIX)
def test_posix_paths_are_compared_bytewise(path: str, folder: str, expected: str | None) -> None:
    """A backslash is a letter of the name, case counts, and the folder is not below itself."""
    below = relative_path(os.fsencode(path), os.fsencode(folder), posixpath)
    assert below == (None if expected is None else os.fsencode(expected))
    assert is_below(os.fsencode(path), os.fsencode(folder), posixpath) is (expected is not None)


@pytest.mark.parametrize(("path", "folder", "expected"), WINDOWS)
def test_windows_paths_are_compared_by_component(path: str, folder: str, expected: str | None) -> None:
    """Both separators, drive letters, UNC shares and extended paths are understood, and case does not count."""
    below = relative_path(os.fsencode(path), os.fsencode(folder), ntpath)
    assert below == (None if expected is None else os.fsencode(expected))
    assert is_below(os.fsencode(path), os.fsencode(folder), ntpath) is (expected is not None)


@pytest.mark.parametrize(
    ("system", "pure"), [(posixpath, PurePosixPath), (ntpath, PureWindowsPath)], ids=["posix", "windows"]
)
def test_pathlib_agrees(system: ModuleType, pure: type[PurePosixPath | PureWindowsPath]) -> None:
    """For normal paths the answer is that of ``PurePath.relative_to``."""
    cases = [case for case in (POSIX if system is posixpath else WINDOWS) if ".." not in case[0] and "?" not in case[0]]
    for path, folder, _ in cases:
        inside = pure(path).is_relative_to(pure(folder))
        assert is_same_or_below(bytes(pure(path)), bytes(pure(folder)), system) is inside, path
        if inside and pure(path) != pure(folder):
            below = relative_path(bytes(pure(path)), bytes(pure(folder)), system)
            assert below == bytes(pure(path).relative_to(pure(folder))), path


def test_the_innermost_folder_is_found() -> None:
    """Of nested libraries, the deepest one; of none, None."""
    folders = [b"C:\\", b"C:\\Music", b"C:\\Music\\Jazz"]
    assert innermost(b"c:\\music\\jazz\\a.mp3", folders, ntpath) == b"C:\\Music\\Jazz"
    assert innermost(b"C:\\Music\\a.mp3", folders, ntpath) == b"C:\\Music"
    assert innermost(b"D:\\a.mp3", folders, ntpath) is None
    assert innermost(b"/music/jazz", [b"/music", b"/music/jazz"], posixpath) == b"/music"


def test_the_range_of_a_folder_holds_what_lies_below_it() -> None:
    """And nothing of a sibling whose name starts alike."""
    low, high = sort_range(b"/music/a", posixpath)
    inside = [b"/music/a/x", b"/music/a/\xff\xff", b"/music/a/ "]
    outside = [b"/music/a", b"/music/a b", b"/music/a0", b"/music/a-", b"/music/b"]
    assert all(low < path < high for path in inside)
    assert not any(low < path < high for path in outside)
    assert sort_range(b"/", posixpath) == (b"/", b"0")
    assert sort_range(b"C:\\Music", ntpath) == (b"C:\\Music\\", b"C:\\Music]")


def test_prefixes_end_with_one_separator() -> None:
    """However many the folder was given with."""
    assert directory_prefix(b"/", posixpath) == b"/"
    assert directory_prefix(b"/music//", posixpath) == b"/music/"
    assert directory_prefix(b"C:/Music/", ntpath) == b"C:/Music\\"
    assert split_path(b"a/b\\c", ntpath) == [b"a", b"b", b"c"]
    assert split_path(b"a/b\\c", posixpath) == [b"a", b"b\\c"]


SPELLINGS = {"commonpath", "commonprefix", "sep", "altsep"}  # of os.path and os


def test_no_other_module_compares_paths() -> None:
    """Separators and path prefixes occur in ``files/paths.py`` alone."""
    found = []
    for module in sorted(PACKAGE.rglob("*.py")):
        if module == PACKAGE / "files" / "paths.py":
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Attribute | ast.Constant):
                continue
            named = isinstance(node, ast.Attribute) and node.attr in SPELLINGS and ast.unparse(node).startswith("os.")
            if named or (isinstance(node, ast.Constant) and node.value in (b"/", b"\\")):
                found.append(f"{module.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node)}")
    assert not found


def test_regular_files_are_checked_in_one_module() -> None:
    """``S_ISREG`` occurs in ``files/regular.py`` alone."""
    users = [path.name for path in PACKAGE.rglob("*.py") if "S_ISREG" in path.read_text(encoding="utf-8")]
    assert users == ["regular.py"]
