"""The table of all operations: registered as routes and published as the OpenAPI document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ..engine.duplicates import DuplicatesAnswer
from ..engine.preferences import Preferences
from ..engine.similar_answers import PlaylistAnswer, SimilarTracks
from ..engine.snapshot import Status
from ..runtime.m3u8 import MEDIA_TYPE
from ..runtime.payloads import FailureEvent, ResultEvent, TagsEvent
from . import (
    api,
    audio,
    control,
    duplicates,
    events,
    exports,
    files,
    metrics,
    music,
    overview,
    playlists,
    settings,
    similar,
    static_files,
)
from .schemas import bodies, queries, responses
from .schemas import duplicates as copies
from .schemas import files as listings
from .schemas import music as albums
from .schemas import overview as summaries
from .schemas import playlists as lists
from .schemas import similar as similarity
from .streaming import JSON_LINES

JSON: Final = "application/json"
_BODY_ERRORS: Final = (400, 408, 413, 415)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path.

    Parameters
    ----------
    method, path : str
        The path is relative to the prefix; its parameters are whole numbers in braces.
    handler : callable
        Its name is the operation id, the first line of its docstring the summary.
    answers : mapping
        Struct type by status; a tuple for alternatives, ``str`` for text, None for no body.
    errors : tuple of int
        Error statuses beside those of every operation and those of the body and query.
    body : type, optional
        Struct of the request body.
    body_optional : bool
        An empty body stands for one without fields.
    query : type, optional
        Struct of the query string.
    kind : str
        Media type of the answer.
    events : mapping
        Struct type by event name, for an event stream.
    """

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, Any]
    errors: tuple[int, ...] = ()
    body: type | None = None
    body_optional: bool = False
    query: type[queries.Query] | None = None
    kind: str = JSON
    events: Mapping[str, Any] = field(default_factory=dict)

    @property
    def error_statuses(self) -> tuple[int, ...]:
        """Error statuses that not every operation has."""
        of_body = _BODY_ERRORS if self.body is not None else ()
        of_query = (400,) if self.query is not None else ()
        return (*self.errors, *of_body, *of_query)

    def route(self) -> web.RouteDef:
        """Return the route to register."""
        return web.route(self.method.upper(), re.sub(r"{(\w+)}", r"{\1:[0-9]+}", self.path), self.handler)


def _get(path: str, handler: Handler, answer: Any, errors: tuple[int, ...] = (), **given: Any) -> Operation:
    return Operation(method="get", path=path, handler=handler, answers={200: answer}, errors=errors, **given)


def _post(path: str, handler: Handler, answer: Any, body: type, **given: Any) -> Operation:
    """Return an operation that accepts a body and answers 202."""
    return Operation(method="post", path=path, handler=handler, answers={202: answer}, body=body, **given)


def _search(
    path: str, handler: Handler, answer: Any, body: type, errors: tuple[int, ...], kind: str = JSON
) -> Operation:
    """Return an operation that takes a query in its body and answers 200."""
    answers = {200: answer}
    return Operation(method="post", path=path, handler=handler, answers=answers, body=body, errors=errors, kind=kind)


_SEED_ERRORS: Final = (400, 404, 409, 415)
_AUDIO_ERRORS: Final = (404, 409, 415, 416)

OPERATIONS: Final = (
    Operation(
        method="post",
        path="",
        handler=api.fingerprint,
        answers={200: responses.TrackAnswer},
        errors=(404, 409, 422, 429),
        body=bodies.TrackRequest,
    ),
    Operation(method="get", path="", handler=static_files.to_page, answers={302: None}),
    Operation(
        method="post",
        path="/batch",
        handler=api.batch,
        answers={200: (responses.TrackAnswer, responses.BatchError)},
        body=bodies.BatchRequest,
        kind=JSON_LINES,
    ),
    _get("/health", api.health, responses.HealthAnswer),
    _get("/status", api.status, Status),
    _get(
        "/events",
        events.events,
        str,
        (400,),
        kind="text/event-stream",
        events={"status": Status, "result": ResultEvent, "failure": FailureEvent, "tags": TagsEvent},
    ),
    _get("/files", files.files, (listings.Files, listings.PartialFiles), query=queries.FilesQuery),
    _get("/files/{file_id}", files.file, listings.File, (404,)),
    _get("/files/{file_id}/cover", music.cover, bytes, (404, 415), kind="image/webp"),
    Operation(
        method="get",
        path="/files/{file_id}/audio",
        handler=audio.audio,
        answers={200: bytes, 206: bytes, 304: None},
        errors=_AUDIO_ERRORS,
        kind="audio/*",
    ),
    _get("/albums", music.albums, albums.Albums, query=queries.AlbumsQuery),
    _get("/facets", music.facets, albums.Facets, query=queries.FacetsQuery),
    _get("/artists", music.artists, albums.Artists, query=queries.ArtistsQuery),
    Operation(
        method="get",
        path="/tracks/{track_id}",
        handler=api.track,
        answers={200: responses.TrackAnswer, 202: responses.Queued},
        errors=(400, 404, 409, 415, 422),
    ),
    _search("/similar", similar.similar, SimilarTracks, similarity.SimilarBody, _SEED_ERRORS),
    _get("/similar/map", similar.similar_map, similarity.SimilarMap, (503,), query=queries.Query),
    _get("/duplicates", duplicates.duplicates, DuplicatesAnswer, query=copies.DuplicatesQuery),
    _search("/duplicates", duplicates.decide, copies.Decided, copies.DecisionBody, (404,)),
    _search("/playlist", playlists.playlist, PlaylistAnswer, lists.RadioBody, _SEED_ERRORS),
    _search("/playlist.m3u8", playlists.playlist_m3u8, str, lists.RadioBody, _SEED_ERRORS, MEDIA_TYPE),
    _search("/path", playlists.path, PlaylistAnswer, lists.PathBody, _SEED_ERRORS),
    _search("/path.m3u8", playlists.path_m3u8, str, lists.PathBody, _SEED_ERRORS, MEDIA_TYPE),
    _search("/flow", playlists.flow, PlaylistAnswer, lists.FlowBody, _SEED_ERRORS),
    _search("/flow.m3u8", playlists.flow_m3u8, str, lists.FlowBody, _SEED_ERRORS, MEDIA_TYPE),
    _search("/list.m3u8", playlists.list_m3u8, str, lists.ListBody, (404,), MEDIA_TYPE),
    _get("/files/{file_id}/similar", similar.similar_to_file, SimilarTracks, _SEED_ERRORS, query=similarity.SimilarTo),
    _get(
        "/tracks/{track_id}/similar", similar.similar_to_track, SimilarTracks, _SEED_ERRORS, query=similarity.SimilarTo
    ),
    _get("/queue", files.queue, listings.Queue, query=queries.QueueQuery),
    _get("/failures", files.failures, listings.Failures, query=queries.FailuresQuery),
    _get("/failures.csv", exports.as_csv, str, query=queries.ExportQuery, kind="text/csv"),
    _get("/failures.json", exports.as_json, list[listings.ExportedFailure], query=queries.ExportQuery),
    _get(
        "/points",
        overview.points,
        (summaries.PointsHead, summaries.PointsPart),
        query=queries.PointsQuery,
        kind=JSON_LINES,
    ),
    _get("/throughput", overview.throughput, summaries.Throughput, query=queries.SpanQuery),
    _get("/cost", overview.cost, summaries.CostAnswer, query=queries.FolderQuery),
    _get("/dimensions", files.dimensions, summaries.Dimensions),
    _post("/scan", control.scan, responses.StateAnswer, bodies.ScanRequest, errors=(409,), body_optional=True),
    _post("/pause", control.pause, responses.StateAnswer, bodies.NoFields, errors=(409,), body_optional=True),
    _post("/resume", control.resume, responses.StateAnswer, bodies.NoFields, errors=(409,), body_optional=True),
    _post("/retry", control.retry, responses.RetryAnswer, bodies.FailuresRequest, body_optional=True),
    _post("/skip", control.skip, responses.SkipAnswer, bodies.FailuresRequest, body_optional=True),
    _post("/cancel", control.cancel, responses.CancelAnswer, bodies.CancelRequest, body_optional=True),
    _post("/prioritise", control.prioritise, responses.PrioritiseAnswer, bodies.PrioritiseRequest),
    _post("/reanalyse", control.reanalyse, responses.ReanalyseAnswer, bodies.ReanalyseRequest),
    _post("/playing", control.playing, responses.StateAnswer, bodies.PlayingRequest),
    _post(
        "/work-anyway", settings.work_anyway, responses.StateAnswer, bodies.NoFields, body_optional=True, errors=(409,)
    ),
    _get("/settings", settings.settings, Preferences, errors=(409,)),
    _search("/settings", settings.change_settings, Preferences, bodies.SettingsRequest, errors=(409,)),
    _get("/metrics", metrics.metrics, str, kind="text/plain"),
)
