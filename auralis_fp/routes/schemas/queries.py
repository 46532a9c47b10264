"""What the query of an address may carry, checked like bodies are: types, unknown names, sizes."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec
from aiohttp import web

from ...errors import RequestError
from ...store.queries import SORT_NAMES, FileQuery
from ...store.records import State as FileState
from .bodies import ABSOLUTE, bad_field, path_bytes

LARGEST_PAGE: Final = 500
DEFAULT_PAGE: Final = 100

Limit = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE, description="most items to answer with")]
Key = Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before")]
Search = Annotated[str, msgspec.Meta(max_length=100, description="only files whose path contains this text")]
Folder = Annotated[  # a whole address may have 8 kB
    str,
    msgspec.Meta(
        max_length=500, description="only files below this folder, an absolute path", extra_json_schema=ABSOLUTE
    ),
]
Code = Annotated[str, msgspec.Meta(max_length=32, description="only failures of this kind, such as `timeout`")]
if TYPE_CHECKING:
    SortName = str
else:  # names of dimensions, which a type checker cannot evaluate
    SortName = Literal[SORT_NAMES]
State = Annotated[FileState, msgspec.Meta(description="only files in this state; default all files that are present")]
Sort = Annotated[SortName, msgspec.Meta(description="sort key; files without this value are omitted")]
Order = Annotated[Literal["asc", "desc"], msgspec.Meta(description="least or greatest first")]


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """Base of all queries, and the one of addresses that take none."""


class FailuresQuery(Query):
    """Which failed files to list."""

    code: Code | None = None
    q: Search | None = None
    folder: Folder | None = None
    sort: Sort = "path"
    order: Order = "asc"
    after: Key | None = None
    limit: Limit = DEFAULT_PAGE


class FilesQuery(FailuresQuery):
    """Which files to list."""

    state: State | None = None


class QueueQuery(Query):
    """How many of the files that wait to list."""

    limit: Limit = DEFAULT_PAGE


class ExportQuery(Query):
    """Which failed files to hand over, all of them at once."""

    code: Code | None = None
    q: Search | None = None
    folder: Folder | None = None


class FolderQuery(Query):
    """Below which folder; everywhere if not given."""

    folder: Folder | None = None


class SpanQuery(Query):
    """How far to look back."""

    span: Annotated[Literal["hour", "day"], msgspec.Meta(description="how far to look back")] = "hour"


Q = TypeVar("Q", bound=Query)


def read_query(request: web.Request, kind: type[Q]) -> Q:
    """Return the checked query of a request; a name without value counts as not given.

    Raises
    ------
    RequestError
        400 with the name that is unknown, given twice, or of a value that does not fit.
    """
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name in given:
            raise RequestError(400, "bad_field", f"{name}: given more than once.", {"field": name})
        if value:
            given[name] = value
        elif name not in kind.__struct_fields__:
            given[name] = None  # to be complained of
    try:
        query = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise bad_field(str(error), given, kind) from None
    for name, value in given.items():
        if getattr(query, name) is None:  # the word null is a text like any other
            raise RequestError(400, "bad_field", f"{name}: not {value!r}.", {"field": name})
    return query


def file_query(query: FailuresQuery, state: str | None) -> FileQuery:
    """Return the store query of a request."""
    return FileQuery(
        state=state,
        code=query.code,
        query=query.q,
        folder=None if query.folder is None else path_bytes(query.folder, "folder"),
        sort=query.sort,
        descending=query.order == "desc",
        after=query.after,
        limit=query.limit,
    )
