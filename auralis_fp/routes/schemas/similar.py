"""Request bodies and queries for similar tracks."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from ... import schema
from ...engine.seeds import MAX_SEEDS, Seeds
from ...engine.similarity import CURSOR, SimilarRequest
from ...runtime.payloads import Payload
from ...similarity.protocol import Filters
from .bodies import Id, Ids, Text, path_bytes
from .queries import Folder, Query

MAX_SIMILAR: Final = 1000
MAX_WEIGHT: Final = 100

SeedIds = Annotated[list[Id], msgspec.Meta(max_length=MAX_SEEDS)]
SeedPaths = Annotated[list[Text], msgspec.Meta(max_length=MAX_SEEDS)]
Interval = tuple[float | None, float | None]
Names = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=32_768)]], msgspec.Meta(max_length=100)]
Year = Annotated[int, msgspec.Meta(ge=0, le=9999)]
Years = tuple[Year | None, Year | None]
Weight = Annotated[float, msgspec.Meta(ge=0, le=MAX_WEIGHT)]
Limit = Annotated[int, msgspec.Meta(ge=0, le=MAX_SIMILAR, description="maximum number of tracks")]
Cursor = Annotated[str, msgspec.Meta(pattern=CURSOR, description="cursor: `next` of the previous page")]


def _meta(dimension: schema.Dimension) -> msgspec.Meta:
    return msgspec.Meta(ge=dimension.low, le=dimension.high, title=dimension.title, description=dimension.unit)


if TYPE_CHECKING:

    class WishedValues(msgspec.Struct):
        """Wished values of dimensions, by name."""

    class Ranges(msgspec.Struct):
        """Intervals of dimensions, by name; open where an end is null."""

else:  # the names come from the schema, which a type checker cannot evaluate
    WishedValues = msgspec.defstruct(
        "WishedValues",
        [(one.name, Annotated[float, _meta(one)] | None, None) for one in schema.DIMENSIONS],
        namespace={"__doc__": "Wished values of dimensions, by name."},
        forbid_unknown_fields=True,
    )
    Ranges = msgspec.defstruct(
        "Ranges",
        [(one.name, Interval | None, None) for one in schema.DIMENSIONS],
        namespace={"__doc__": "Intervals of dimensions, by name; open where an end is null."},
        forbid_unknown_fields=True,
    )


class Weights(msgspec.Struct, forbid_unknown_fields=True):
    """Weights of the families of dimensions."""

    frequency: Weight = 1.0
    dynamics: Weight = 1.0
    temporal: Weight = 1.0
    spectral: Weight = 1.0
    harmonic: Weight = 1.0
    variation: Weight = 1.0
    stereo: Weight = 1.0


class SeedTracks(msgspec.Struct, forbid_unknown_fields=True):
    """Tracks by file id, by the host's track id, or by absolute path."""

    files: SeedIds = []
    tracks: SeedIds = []
    paths: SeedPaths = []

    def seeds(self, name: str) -> Seeds:
        """Return the seeds; *name* is the field in messages."""
        return Seeds(self.files, self.tracks, [path_bytes(path, f"{name}.paths") for path in self.paths])


class TrackFilters(msgspec.Struct, forbid_unknown_fields=True):
    """Which tracks may be in the answer.

    `ranges` and `duration_sec` are intervals, open where an end is null; a track that does not define a dimension is in
    none of its intervals. `artists`, `albums` and `genres` are names, in any spelling, or ids of artists and albums;
    `years` are the first and the last one. A track without such a tag is left out. `exclude_folders`, `exclude_albums`
    and `exclude_artists` leave out those of the seeds. `exclude_spoken` leaves out spoken word; null does so in a radio
    unless a seed is spoken.
    """

    ranges: Ranges = msgspec.field(default_factory=Ranges)
    duration_sec: Interval = (None, None)
    folders: Annotated[list[Text], msgspec.Meta(max_length=100)] | None = None
    exclude: Ids = []
    artists: Names | None = None
    albums: Names | None = None
    genres: Names | None = None
    years: Years = (None, None)
    exclude_folders: bool = False
    exclude_albums: bool = False
    exclude_artists: bool = False
    exclude_spoken: bool | None = None

    def filters(self) -> Filters:
        """Return the filters as the index takes them."""
        folders = None if self.folders is None else [path_bytes(one, "filters.folders") for one in self.folders]
        return Filters(
            ranges=_given(self.ranges),
            duration=self.duration_sec,
            folders=folders,
            exclude=self.exclude,
            artists=self.artists,
            albums=self.albums,
            genres=self.genres,
            years=self.years,
            exclude_folders=self.exclude_folders,
            exclude_albums=self.exclude_albums,
            exclude_artists=self.exclude_artists,
            exclude_spoken=self.exclude_spoken,
        )


class SelectionBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which tracks to compare with, and which may be in the answer."""

    like: SeedTracks = msgspec.field(default_factory=SeedTracks)
    unlike: SeedTracks = msgspec.field(default_factory=SeedTracks)
    values: WishedValues = msgspec.field(default_factory=WishedValues)
    weights: Weights = msgspec.field(default_factory=Weights)
    filters: TrackFilters = msgspec.field(default_factory=TrackFilters)

    def fields(self) -> dict[str, Any]:
        """Return the fields of a `SelectionRequest`."""
        return {
            "like": self.like.seeds("like"),
            "unlike": self.unlike.seeds("unlike"),
            "values": _given(self.values),
            "weights": _given(self.weights),
            "filters": self.filters.filters(),
        }


class SimilarBody(SelectionBody, forbid_unknown_fields=True):
    """Find tracks near to `like` and far from `unlike`.

    `values` are wished values of dimensions: they replace those of the seeds, or stand alone. `weights` weigh the
    families of dimensions; 1 if not given.
    """

    limit: Limit = 20
    after: Cursor | None = None

    def request(self) -> SimilarRequest:
        """Return what to look for."""
        return SimilarRequest(**self.fields(), limit=self.limit, after=self.after)


class SimilarMap(Payload, frozen=True):
    """A map on which similar tracks lie close together.

    `kept` is the share of a track's ten nearest tracks that are among its ten nearest on the map. `ids` is base64 of
    little-endian unsigned 64-bit file ids, `x` and `y` are base64 of as many little-endian unsigned 16-bit integers.
    Tracks keep their places until the library is measured again and `generation` changes; new tracks are added.
    """

    generation: int
    count: int
    kept: float
    ids: str
    x: str
    y: str


class SimilarTo(Query):
    """Tracks similar to one track."""

    folder: Folder | None = None
    limit: Limit = 20
    after: Cursor | None = None

    def request(self, like: Seeds) -> SimilarRequest:
        """Return what to look for."""
        folders = None if self.folder is None else [path_bytes(self.folder, "folder")]
        return SimilarRequest(like=like, filters=Filters(folders=folders), limit=self.limit, after=self.after)


def _given(fields: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that have a value."""
    return {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not None}
