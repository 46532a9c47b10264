"""Export and import of results."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from auralis_fp.models import FileEvent, Part
from auralis_fp.runtime.serialization import to_json
from auralis_fp.states import Counts
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.transfer import Imported, Result, import_results, result_from_json, result_record
from stored import CORRUPT, LATER, SONG, STAMP, analysed, known, library_in, queued, results, seen, stored

ODD = b"/music/\xe9\xff\n.mp3"


async def some_results(folder: Path) -> list[Result]:
    """Return the results of a library of three tracks, one of them gone."""
    async with library_in(folder) as library:
        first = await stored(library, lufs=-14.1234567890123)
        await library.link_track(12, first.id)
        await library.link_track(7, first.id)
        await stored(library, ODD, tempo_bpm=100 / 3)
        await stored(library, b"/music/gone.mp3")
        await library.observe([FileEvent(b"/music/gone.mp3", None), seen(b"/music/waiting.mp3")])
        return (await results(library.database)).results


def over_the_wire(result: Result) -> Result:
    """Return a result after a round trip through JSON."""
    return result_from_json(json.loads(to_json(result_record(result))))


async def test_results_arrive_as_they_left(tmp_path: Path) -> None:
    """A second export after an import equals the first."""
    sent = await some_results(tmp_path / "a")
    assert [result.path for result in sent] == [b"/music/gone.mp3", SONG, ODD]
    async with library_in(tmp_path / "b") as library:
        assert await import_results(library.database, [over_the_wire(result) for result in sent]) == Imported(3, 0)
        again = (await results(library.database)).results
        assert [to_json(result_record(one)) for one in again] == [to_json(result_record(one)) for one in sent]
        assert {one.fingerprint.source for one in again} == {"import"}
        assert await import_results(library.database, sent) == Imported(0, 3)


async def test_parts_travel_with_their_result(tmp_path: Path) -> None:
    """They are stored beside it on the other side, and a damaged one refuses the whole."""
    part = Part("sub_fingerprints", 1, bytes(range(256)))
    async with library_in(tmp_path / "a") as library:
        job = await queued(library)
        outcome = replace(analysed(), parts=(part,))
        await library.record(job.file_id, outcome, STAMP, claim=job.claim, source="analysis")
        (sent,) = (await results(library.database)).results
    assert sent.parts == (part,)
    async with library_in(tmp_path / "b") as library:
        await import_results(library.database, [over_the_wire(sent)])
        assert [one.parts for one in (await results(library.database)).results] == [(part,)]
    bad: Any
    for bad in ({}, [{}], [{"name": "x", "version": 0, "data": ""}], [{"name": "x", "version": 1, "data": "?"}]):
        with pytest.raises(ValueError, match=r"part|base64|Non-base64|padding"):
            result_from_json(result_record(sent) | {"parts": bad})


async def test_a_scan_after_an_import_has_nothing_to_do(tmp_path: Path) -> None:
    """Unchanged files are done as soon as a scan finds them; until then they do not count."""
    sent = await some_results(tmp_path / "a")
    async with library_in(tmp_path / "b") as library:
        await import_results(library.database, sent)
        assert await library.counts() == Counts()
        assert await library.observe([seen(), seen(ODD)]) == 0
        assert await library.counts() == Counts(done=2)
        assert await library.observe([seen(b"/music/gone.mp3", LATER)]) == 1
        assert (await known(library, b"/music/gone.mp3")).state == "outdated"
        record = await library.by_track(7)
        assert record is not None
        assert (record.path, record.track_ids) == (SONG, (7, 12))


async def test_an_import_answers_what_is_queued_or_failed(tmp_path: Path) -> None:
    """Jobs and failures of the same content are deleted; others stay."""
    sent = {result.path: result for result in await some_results(tmp_path / "a")}
    async with library_in(tmp_path / "b") as library:
        await library.observe([seen(), seen(b"/music/gone.mp3", LATER)])
        job = await queued(library, ODD)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
        await import_results(library.database, list(sent.values()))
        assert await library.counts() == Counts(done=2, outdated=1)
        assert (await known(library, ODD)).failure is None


async def test_an_import_never_replaces_what_is_current(tmp_path: Path) -> None:
    """Current results stay, and an old result does not replace an outdated one either."""
    sent = await some_results(tmp_path / "a")
    async with library_in(tmp_path / "b") as library:
        await stored(library, lufs=-20.0)
        await stored(library, b"/music/gone.mp3", lufs=-21.0)
        await library.observe([seen(b"/music/gone.mp3", LATER)])
        assert await import_results(library.database, sent) == Imported(1, 2)
        for path, lufs in ((SONG, -20.0), (b"/music/gone.mp3", -21.0)):
            fingerprint = (await known(library, path)).fingerprint
            assert fingerprint is not None
            assert fingerprint.values["lufs"] == lufs


async def test_results_come_in_pages(tmp_path: Path) -> None:
    """Each page begins after the path it is given."""
    async with library_in(tmp_path) as library:
        for number in range(5):
            await stored(library, b"/m/%d.mp3" % number)
        first = (await results(library.database, limit=2)).results
        second = (await results(library.database, first[-1].path, limit=10)).results
    assert [result.path for result in first + second] == [b"/m/%d.mp3" % number for number in range(5)]


async def test_imports_are_quick(tmp_path: Path) -> None:
    """At least a thousand results per second of processor time."""
    (one,) = (result for result in await some_results(tmp_path / "a") if result.path == SONG)
    many = [replace(one, path=b"/m/%d.mp3" % number, track_ids=(number,)) for number in range(2000)]
    async with library_in(tmp_path / "b") as library:
        started = time.process_time()
        for start in range(0, len(many), 500):
            await import_results(library.database, many[start : start + 500])
        assert time.process_time() - started < 2.0
        assert await library.observe([seen(result.path) for result in many]) == 0
        assert await JobQueue(library.database).claim() is None


def good() -> dict[str, Any]:
    """Return the JSON of a result that is accepted."""
    return {
        "path": "/music/song.flac",
        "size": STAMP.size,
        "mtime_ns": STAMP.mtime_ns,
        "metadata": analysed().metadata.as_json(),
        "fingerprint": analysed().fingerprint | {"tempo_bpm": None},
        "algorithm": schema.ALGORITHM,
        "algorithm_version": schema.ALGORITHM_VERSION,
        "analysed_at": 1_700_000_000.25,
        "processing_time_ms": 81.5,
        "content_id": "00112233445566778899aabbccddeeff",
        "payload_digest": "00112233445566778899aabbccddeeff00112233",
        "track_ids": [7],
    }


def test_a_good_result_is_accepted() -> None:
    """The record that the next test modifies is valid."""
    assert result_record(result_from_json(good())) == good()


def test_an_undefined_value_is_null() -> None:
    """A record has null for an undefined dimension; earlier records have its neutral value, which is accepted too."""
    tempo = schema.neutral("tempo_bpm")
    assert result_from_json(good()).fingerprint.values["tempo_bpm"] == tempo
    earlier = good() | {"fingerprint": analysed().fingerprint}
    assert result_record(result_from_json(earlier)) == good()
    with pytest.raises(ValueError, match="lufs is not a number"):
        result_from_json(good() | {"fingerprint": good()["fingerprint"] | {"lufs": None}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", "song.flac"),
        ("path", "/music/../etc/passwd"),
        ("path", "/music/a\0b"),
        ("path", "/music/\ud800.mp3"),
        ("path", ""),
        ("path", 7),
        ("size", -1),
        ("size", 2**63),
        ("size", True),
        ("size", 10.0),
        ("mtime_ns", "now"),
        ("metadata", {}),
        ("fingerprint", None),
        ("fingerprint", {}),
        ("fingerprint", analysed(lufs=float("inf")).fingerprint),
        ("fingerprint", analysed(lufs=99.0).fingerprint),
        ("algorithm", "other"),
        ("algorithm_version", 0),
        ("algorithm_version", schema.ALGORITHM_VERSION + 1),
        ("algorithm_version", "1"),
        ("analysed_at", float("nan")),
        ("analysed_at", None),
        ("processing_time_ms", -1),
        ("content_id", 7),
        ("content_id", "00"),
        ("content_id", "x" * 32),
        ("payload_digest", "00" * 16),
        ("payload_digest", 7.5),
        ("track_ids", 7),
        ("track_ids", ["7"]),
        ("track_ids", [2**63]),
    ],
)
def test_a_bad_field_refuses_the_whole(name: str, value: object) -> None:
    """Each field is validated, and the error names it."""
    with pytest.raises(ValueError, match=rf"{name}|metadata|algorithm"):
        result_from_json(good() | {name: value})


@pytest.mark.parametrize("value", [None, [], "text", 7, {}])
def test_other_values_are_refused(value: object) -> None:
    """Any other JSON value is refused."""
    with pytest.raises(ValueError, match=r"JSON object|algorithm"):
        result_from_json(value)


async def test_a_result_of_an_older_algorithm_is_kept_but_not_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows as outdated until the file is analysed anew."""
    sent = await some_results(tmp_path / "a")
    monkeypatch.setattr(schema, "ALGORITHM_VERSION", schema.ALGORITHM_VERSION + 1)
    async with library_in(tmp_path / "b") as library:
        await import_results(library.database, [over_the_wire(result) for result in sent])
        assert await library.observe([seen()]) == 1
        assert (await known(library)).state == "outdated"


async def test_an_id_that_is_taken_stays_where_it_is(tmp_path: Path) -> None:
    """Track ids of this host are not reassigned."""
    sent = await some_results(tmp_path / "a")
    async with library_in(tmp_path / "b") as library:
        mine = await stored(library, b"/music/mine.mp3")
        await library.link_track(7, mine.id)
        await import_results(library.database, sent)
        assert await _path_of(library, 7) == b"/music/mine.mp3"
        assert await _path_of(library, 12) == SONG


async def _path_of(library: Library, track_id: int) -> bytes:
    record = await library.by_track(track_id)
    assert record is not None
    return record.path
