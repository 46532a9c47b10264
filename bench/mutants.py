"""Mutation testing: change the source in small ways, and count the changes that no matching test notices."""

import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import coverage
import pytest

from .music import table
from .mutant_operators import Mutant, lines_of_use, mutants, mutated
from .options import Options

ROOT: Final = Path(__file__).resolve().parents[1]
COPIED: Final = ("auralis_fp", "tests", "static", "docs", "pyproject.toml")
SUBJECTS: Final = {
    "auralis_fp/analysis/features": ("tests/analysis/features", "tests/analysis/test_extractor.py"),
    "auralis_fp/store": ("tests/store", "tests/sidecars", "tests/jobs", "tests/engine", "tests/routes"),
}
CHOSEN: Final = ("--one-way", "-m", "not slow")
SAMPLE: Final = 75  # of each subject
TESTS_SEC: Final = 20.0  # of tests for one change, the quickest first
LIMIT_SEC: Final = 600.0  # for the tests of one change
HUNG: Final = -99
OUTPUT: Final = "output.txt"  # of the tests
QUIET: Final = ("-q", "-x", "--no-header", "--no-summary", "-p", "no:cacheprovider")
PRELOADED: Final = ("numpy", "scipy.signal", "aiohttp", "aiosqlite", "psutil")  # no plugins of pytest


class Evidence(NamedTuple):
    """What the unchanged tests do: their seconds, and the tests that run each line of each module."""

    seconds: dict[str, float]
    tests: dict[str, dict[int, list[str]]]


class Recorder:
    """A pytest plugin that records the lines which each test runs, and how long it takes.

    Parameters
    ----------
    folder : str
        The modules to record.
    """

    def __init__(self, folder: str) -> None:
        self._coverage = coverage.Coverage(data_file=None, config_file=False, source=[folder])
        self._coverage.start()
        self.seconds: dict[str, float] = {}

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Attribute the lines that run from now on to this test."""
        self._coverage.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the time of a test that passes."""
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration

    def evidence(self) -> dict[str, Any]:
        """Return the tests by module and line."""
        self._coverage.stop()
        data = self._coverage.get_data()
        return {
            os.path.relpath(file): {line: names for line, names in data.contexts_by_lineno(file).items() if any(names)}
            for file in data.measured_files()
        }


def report(options: Options) -> str:
    """Return how many changes the tests notice, and the changes that they do not."""
    for name in PRELOADED:
        import_module(name)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / name)
        parts = [_subject(tree, *subject, options) for subject in SUBJECTS.items()]
    return "\n".join(parts)


def _subject(tree: Path, modules: str, tests: Sequence[str], options: Options) -> str:
    """Return the table of one package and its tests."""
    evidence = _evidence(tree, modules, tests)
    everything = [
        (path.relative_to(tree).as_posix(), mutant)
        for path in sorted((tree / modules).glob("*.py"))
        for mutant in mutants(path.read_text(encoding="utf-8"))
    ]
    rng = random.Random(options.seed)
    chosen = sorted(
        rng.sample(everything, min(len(everything), 10 if options.quick else SAMPLE)), key=lambda each: each[0]
    )
    outcomes: Counter[str] = Counter()
    survivors = []
    for name, mutant in chosen:
        outcome = _try(tree, name, mutant, evidence)
        outcomes[outcome] += 1
        print(f"{name}:{mutant.line}: {mutant.what}: {outcome}", file=sys.stderr, flush=True)
        if outcome in {"not noticed", "no test runs it"}:
            survivors.append((f"{name}:{mutant.line}", mutant.what.replace("|", "\\|"), outcome))
    title = f"## {len(chosen)} of {len(everything)} changes of {modules}\n\n"
    return (
        title + table(("outcome", "changes"), outcomes.most_common()) + "\n" + table(("at", "what", "how"), survivors)
    )


def _evidence(tree: Path, modules: str, tests: Sequence[str]) -> Evidence:
    """Run the unchanged tests once."""
    found = tree / "evidence.json"
    if _in_child(tree, _record, modules, tests, found, limit_sec=3600):
        raise RuntimeError(f"the unchanged tests fail:\n{(tree / OUTPUT).read_text(encoding='utf-8')}")
    recorded = json.loads(found.read_text(encoding="utf-8"))
    lines = {file: {int(line): names for line, names in each.items()} for file, each in recorded["lines"].items()}
    return Evidence(recorded["seconds"], lines)


def _record(modules: str, tests: Sequence[str], found: Path) -> int:
    recorder = Recorder(modules)
    code = pytest.main([*QUIET[0:1], *QUIET[2:], *CHOSEN, *tests], plugins=[recorder])
    found.write_text(json.dumps({"lines": recorder.evidence(), "seconds": recorder.seconds}), encoding="utf-8")
    return int(code)


def _try(tree: Path, name: str, mutant: Mutant, evidence: Evidence) -> str:
    """Return whether the tests notice a change."""
    path = tree / name
    source = path.read_text(encoding="utf-8")
    chosen = list(_matching(evidence, name, lines_of_use(source, mutant.line)))
    if not chosen:
        return "no test runs it"
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
        compiled.unlink()
    path.write_text(mutated(source, mutant), encoding="utf-8")
    try:
        code = _in_child(tree, _run, chosen)
    finally:
        path.write_text(source, encoding="utf-8")
    return {0: "not noticed", HUNG: "took too long"}.get(code, "noticed")


def _matching(evidence: Evidence, name: str, lines: set[int]) -> Iterator[str]:
    """Yield the tests that run the lines, or else any of the module: those named after it first, then the quickest."""
    by_line = evidence.tests.get(name, {})
    names = {test for line in lines for test in by_line.get(line, ())} or {
        test for tests in by_line.values() for test in tests
    }
    own = f"test_{Path(name).stem}"

    def order(test: str) -> tuple[bool, float, str]:
        return own not in test.partition("::")[0], evidence.seconds[test], test

    left = TESTS_SEC
    for test in sorted(names & evidence.seconds.keys(), key=order):
        yield test
        left -= evidence.seconds[test]
        if left < 0:
            return


def _run(tests: Sequence[str]) -> int:
    return int(pytest.main([*QUIET, *CHOSEN, *tests]))


def _in_child(tree: Path, function: Any, *arguments: Any, limit_sec: float = LIMIT_SEC) -> int:
    """Run a function in a fork, which has imported the libraries but not the package; return its exit code."""
    child = multiprocessing.get_context("fork").Process(target=_child, args=(tree, function, arguments))
    child.start()
    child.join(limit_sec)
    if child.is_alive():
        child.kill()
        child.join()
        return HUNG
    return child.exitcode or 0


def _child(tree: Path, function: Any, arguments: Sequence[Any]) -> None:
    os.setsid()
    os.chdir(tree)
    output = os.open(OUTPUT, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(tree)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "auralis_fp"]:
        del sys.modules[name]
    os._exit(function(*arguments))
