"""Groups of files with the same recording, with what differs and a proposal which copy to keep."""

from collections.abc import Sequence
from typing import Final, Literal

from ..errors import RequestError
from ..models import TrackMetadata
from ..runtime.payloads import Payload
from ..runtime.serialization import path_text
from ..similarity import protocol
from ..similarity.process import IndexProcess
from ..store import decisions
from ..store.files import Library
from ..store.fingerprints import StoredFingerprint
from ..store.queries import Queries
from ..store.records import FileRecord

DuplicateKind = Literal["same_recording", "other_length", "candidate"]
KINDS: Final[tuple[DuplicateKind, ...]] = ("same_recording", "other_length", "candidate")
CRITERIA: Final = ("undamaged", "lossless", "longest", "highest sample rate", "most channels", "highest bit rate")
LOSSLESS: Final = ("flac", "alac", "pcm", "wavpack", "ape", "tta", "tak", "dsd", "mlp", "truehd", "wmalossless")


class DuplicateFile(Payload, frozen=True):
    """A file of a group; `best` marks the copy that is proposed to keep, with the reason in `why`."""

    file_id: int
    track_ids: list[int]
    path: str
    size: int
    duration_sec: float
    sample_rate: int
    channels: int
    format: str
    codec: str
    lufs: float
    warnings: list[str]
    best: bool
    why: str


class DuplicatePair(Payload, frozen=True):
    """Two files of a group.

    `agreement` is the share of equal bits, null where bits are missing; the second file begins `offset_sec` later in
    the recording than the first.
    """

    first: int
    second: int
    kind: DuplicateKind
    agreement: float | None
    offset_sec: float
    confirmed: bool


class DuplicateGroup(Payload, frozen=True):
    """Files with the same recording; of a `candidate` only the numbers and the length are the same."""

    kind: DuplicateKind
    files: list[DuplicateFile]
    pairs: list[DuplicatePair]


class DuplicatesAnswer(Payload, frozen=True):
    """A page of groups; `compared` of `library` files have the bits that decide."""

    items: list[DuplicateGroup]
    total: int
    compared: int
    library: int
    next: int | None


class Duplicates:
    """Lists groups, and keeps what a person decides about them. Nothing is ever deleted.

    Parameters
    ----------
    library : Library
    index : IndexProcess
    """

    def __init__(self, library: Library, index: IndexProcess) -> None:
        self._database = library.database
        self._queries = Queries(library.database)
        self._index = index

    async def groups(self, limit: int, offset: int = 0) -> DuplicatesAnswer:
        """Return a page of groups, the largest first, candidates last.

        Parameters
        ----------
        limit : int
            Most groups to return.
        offset : int
            Groups to leave out.

        Raises
        ------
        RequestError
            503 while the index is down.
        """
        found: protocol.Duplicates = await self._index.ask(protocol.DuplicatesQuery())
        page = found.groups[offset : offset + limit]
        records = await self._queries.records([file_id for group in page for file_id in group.files])
        known = {record.id: (record, record.fingerprint) for record in records}
        items = [_group(group, known) for group in page]
        end = offset + len(page)
        more = end if page and end < len(found.groups) else None
        return DuplicatesAnswer(items, len(found.groups), found.compared, found.total, more)

    async def decide(self, file_ids: Sequence[int], *, same: bool) -> int:
        """Keep that files hold the same recording, or that no two of them do; return the number of pairs.

        Parameters
        ----------
        file_ids : sequence of int
        same : bool

        Raises
        ------
        RequestError
            404 if one of the files is unknown.
        """
        unique = sorted(set(file_ids))
        known = {record.id for record in await self._queries.records(unique)}
        for file_id in unique:
            if file_id not in known:
                raise RequestError(404, "file_not_found", f"There is no file {file_id}.")
        return await decisions.decide(self._database, unique, same=same)


def _group(
    group: protocol.DuplicateGroup, known: dict[int, tuple[FileRecord, StoredFingerprint | None]]
) -> DuplicateGroup:
    members = [(record, print_) for record, print_ in (known[one] for one in group.files if one in known) if print_]
    best, why = _best(members)
    kind = max((pair.kind for pair in group.pairs), key=KINDS.index)
    return DuplicateGroup(
        kind=kind,
        files=[_file(record, stored, why if record.id == best else "") for record, stored in members],
        pairs=[
            DuplicatePair(pair.first, pair.second, pair.kind, pair.agreement, pair.offset_sec, pair.confirmed)
            for pair in group.pairs
        ],
    )


def _file(record: FileRecord, stored: StoredFingerprint, why: str) -> DuplicateFile:
    track = stored.metadata
    return DuplicateFile(
        file_id=record.id,
        track_ids=list(record.track_ids),
        path=path_text(record.path),
        size=record.stamp.size,
        duration_sec=track.duration_sec,
        sample_rate=track.sample_rate,
        channels=track.channels,
        format=track.format,
        codec=track.codec,
        lufs=round(stored.values["lufs"], 2),
        warnings=list(track.warnings),
        best=bool(why),
        why=why,
    )


def _best(members: Sequence[tuple[FileRecord, StoredFingerprint]]) -> tuple[int, str]:
    """Return the id of the copy to keep, and the first criterion in which it is better than the next best one."""
    ranked = sorted(members, key=lambda one: (_qualities(*one), -one[0].id), reverse=True)
    if not ranked:
        return 0, ""
    first, second = _qualities(*ranked[0]), _qualities(*ranked[min(1, len(ranked) - 1)])
    better = [name for name, one, other in zip(CRITERIA, first, second, strict=True) if one > other]
    return ranked[0][0].id, better[0] if better else "the first of equal copies"


def _qualities(record: FileRecord, stored: StoredFingerprint) -> tuple[float, ...]:
    """Return how good a copy is by each of `CRITERIA`."""
    track = stored.metadata
    return (
        -len(track.warnings),
        is_lossless(track),
        round(track.duration_sec),
        track.sample_rate,
        track.channels,
        record.stamp.size / max(track.duration_sec, 1.0),
    )


def is_lossless(track: TrackMetadata) -> bool:
    """Return True if the codec of a track is lossless."""
    return any(track.codec.lower().startswith(name) for name in LOSSLESS)
