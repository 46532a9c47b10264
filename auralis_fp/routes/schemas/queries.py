"""Query strings and their validation: types, unknown names, sizes."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec
from aiohttp import web

from ...errors import RequestError
from ...schema import NAMES
from ...store.albums import GroupQuery
from ...store.filters import SORT_NAMES, FileQuery
from ...store.records import State as FileState
from ...store.vectors import TAG_NAMES
from .bodies import ABSOLUTE, bad_field, check_text, path_bytes
from .files import FILE_FIELDS

MAX_PAGE: Final = 500
DEFAULT_PAGE: Final = 100

Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE, description="maximum number of items")]
Key = Annotated[str, msgspec.Meta(max_length=200, description="`next` of the previous page")]
Offset = Annotated[int, msgspec.Meta(ge=0, le=100_000_000, description="number of items to skip, instead of `after`")]
Search = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        description='only files that match this search: words, `"phrases"`, `artist:name`, `year:1990..1999`,'
        " `tempo:120..130`",
    ),
]
GroupId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
Folder = Annotated[  # a whole URL is limited to 8 kB
    str,
    msgspec.Meta(
        max_length=500, description="only files below this folder (absolute path)", extra_json_schema=ABSOLUTE
    ),
]
Code = Annotated[str, msgspec.Meta(max_length=32, description="only failures with this code, such as `timeout`")]
if TYPE_CHECKING:
    SortName = str
else:  # names of dimensions, which a type checker cannot evaluate
    SortName = Literal[SORT_NAMES]
AlbumSort = Literal["title", "artist", "year", "tracks"]
ArtistSort = Literal["name", "tracks", "albums"]
_PATH: Final = msgspec.Meta(
    max_length=2000, description="only the file at exactly this absolute path", extra_json_schema=ABSOLUTE
)
_IDS: Final = msgspec.Meta(
    pattern="^[0-9]{1,18}(,[0-9]{1,18})*$", max_length=5000, description="only files with these ids, such as `3,17,4`"
)
_FIELDS: Final = msgspec.Meta(
    pattern=f"^({'|'.join(FILE_FIELDS)})(,({'|'.join(FILE_FIELDS)}))*$",
    max_length=300,
    description="only these fields of each file, such as `id,path,tags`",
)
_COLUMN: Final = "|".join((*NAMES, *TAG_NAMES))
_COLUMNS: Final = msgspec.Meta(
    pattern=f"^({_COLUMN})(,({_COLUMN}))*$",
    max_length=1000,
    description="only these dimensions and tags (`artist`, `album`, `genre`, `year`), such as `lufs,genre`; default all"
    " dimensions",
)
_SINCE: Final = msgspec.Meta(
    pattern="^[0-9a-f]{1,32}-[0-9]{1,9}-[0-9]{1,18}$",
    description="`version` of an earlier answer: only what has changed after it",
)
State = Annotated[FileState, msgspec.Meta(description="only files in this state; default all files that are present")]
Sort = Annotated[SortName, msgspec.Meta(description="sort key; files without this value are omitted")]
Order = Annotated[Literal["asc", "desc"], msgspec.Meta(description="sort order")]


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """Base of all queries; used where no parameters are accepted."""


class FailuresQuery(Query):
    """Filter and order of failed files."""

    code: Code | None = None
    q: Search | None = None
    folder: Folder | None = None
    sort: Sort = "path"
    order: Order = "asc"
    after: Key | None = None
    limit: Limit = DEFAULT_PAGE


class FilesQuery(FailuresQuery):
    """Filter and order of files."""

    state: State | None = None
    path: Annotated[str, _PATH] | None = None
    ids: Annotated[str, _IDS] | None = None
    album: Annotated[GroupId, msgspec.Meta(description="only files of the album with this `album_id`")] | None = None
    artist: Annotated[GroupId, msgspec.Meta(description="only files by the artist with this `artist_id`")] | None = None
    offset: Offset = 0
    fields: Annotated[str, _FIELDS] | None = None


class FacetsQuery(Query):
    """Filter of the files whose tags are counted."""

    q: Search | None = None
    state: State | None = None


class GroupsQuery(Query):
    """Filter and order of albums or artists."""

    q: Search | None = None
    order: Order = "asc"
    after: Key | None = None
    limit: Limit = DEFAULT_PAGE


class AlbumsQuery(GroupsQuery):
    """Filter and order of albums."""

    artist: Annotated[GroupId, msgspec.Meta(description="only albums with a track by this artist")] | None = None
    sort: Annotated[AlbumSort, msgspec.Meta(description="sort key")] = "title"


class ArtistsQuery(GroupsQuery):
    """Filter and order of artists."""

    sort: Annotated[ArtistSort, msgspec.Meta(description="sort key")] = "name"


class QueueQuery(Query):
    """Number of queued files to list."""

    limit: Limit = DEFAULT_PAGE


class ExportQuery(Query):
    """Filter of the failed files to export."""

    code: Code | None = None
    q: Search | None = None
    folder: Folder | None = None


class FolderQuery(Query):
    """Restriction to a folder; default all."""

    folder: Folder | None = None


class PointsQuery(Query):
    """Columns of the points, and from which version."""

    columns: Annotated[str, _COLUMNS] | None = None
    since: Annotated[str, _SINCE] | None = None


class SpanQuery(Query):
    """Time span, up to now."""

    span: Annotated[Literal["hour", "day", "month"], msgspec.Meta(description="time span, up to now")] = "hour"


Q = TypeVar("Q", bound=Query)


def read_query(request: web.Request, kind: type[Q]) -> Q:
    """Return the validated query of a request; a parameter without value counts as not given.

    Parameters
    ----------
    request : web.Request
    kind : type
        Struct to validate against.

    Raises
    ------
    RequestError
        400 with the name of the parameter that is unknown, repeated or invalid.
    """
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name in given:
            raise RequestError(400, "bad_field", f"{name}: given more than once.", {"field": name})
        if value:
            given[name] = value
        elif name not in kind.__struct_fields__:
            given[name] = None  # rejected below as unknown
    try:
        query = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise bad_field(str(error), given, kind) from None
    for name, value in given.items():
        if getattr(query, name) is None:  # msgspec reads the text "null" as None
            raise RequestError(400, "bad_field", f"{name}: not {value!r}.", {"field": name})
    check_text(query)
    return query


def file_query(query: FailuresQuery, state: str | None) -> FileQuery:
    """Return the store query for a query of a request.

    Parameters
    ----------
    query : FailuresQuery
    state : str or None
        Only files in this state.
    """
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


def files_query(query: FilesQuery) -> FileQuery:
    """Return the store query for a query of the file listing."""
    return replace(
        file_query(query, query.state),
        path=None if query.path is None else path_bytes(query.path, "path"),
        ids=None if query.ids is None else tuple(int(one) for one in query.ids.split(",")),
        album=query.album,
        artist=query.artist,
        offset=query.offset,
    )


def wanted_fields(names: str) -> list[str]:
    """Return the names in a comma-separated list, each once."""
    return list(dict.fromkeys(names.split(",")))


def group_query(query: AlbumsQuery | ArtistsQuery) -> GroupQuery:
    """Return the store query for a query of albums or artists.

    Raises
    ------
    RequestError
        400: ``after`` is not a cursor of such a listing.
    """
    after = query.after or "0"
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise RequestError(400, "bad_field", "after: not a cursor of this listing.", {"field": "after"})
    return GroupQuery(
        query=query.q,
        artist=query.artist if isinstance(query, AlbumsQuery) else None,
        sort=query.sort,
        descending=query.order == "desc",
        offset=int(after),
        limit=query.limit,
    )
