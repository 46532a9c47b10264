"""Messages between the service and the index process: tagged MessagePack, no pickled objects."""

from typing import Final, Literal

import msgspec

from .reasons import Fact

FAMILIES: Final = ("frequency", "dynamics", "temporal", "spectral", "harmonic", "variation", "stereo")


class Message(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Base of all messages."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which tracks may appear in an answer.

    ``ranges`` limits dimensions to an interval in the units of the schema, open where an end is None; a track that does
    not define the dimension is left out. ``folders`` limits the answer to files below any of them. ``artists``,
    ``albums`` and ``genres`` hold names or, of the first two, ids; ``years`` are the first and the last one. A track
    without such a tag is left out. ``exclude_folders``, ``exclude_albums`` and ``exclude_artists`` leave out those of
    the seeds. ``exclude_spoken`` leaves out spoken word; None does so in a radio unless a seed is spoken.
    """

    ranges: dict[str, tuple[float | None, float | None]] = {}
    duration: tuple[float | None, float | None] = (None, None)
    folders: list[bytes] | None = None
    exclude: list[int] = []
    artists: list[str] | None = None
    albums: list[str] | None = None
    genres: list[str] | None = None
    years: tuple[int | None, int | None] = (None, None)
    exclude_folders: bool = False
    exclude_albums: bool = False
    exclude_artists: bool = False
    exclude_spoken: bool | None = None

    @property
    def by_tags(self) -> bool:
        """Whether tags limit the answer."""
        return (self.artists, self.albums, self.genres, self.years) != (None, None, None, (None, None))


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Tracks near to ``like`` and far from ``unlike``, or near to wished ``values``; ``weights`` are of families."""

    like: list[int] = []
    unlike: list[int] = []
    values: dict[str, float] = {}
    weights: dict[str, float] = {}
    filters: Filters = Filters()


class SimilarQuery(Message, frozen=True, kw_only=True):
    """A page of similar tracks."""

    selection: Selection
    limit: int = 20
    offset: int = 0
    generation: int | None = None


class CompareQuery(Message, frozen=True, kw_only=True):
    """The distance between two tracks."""

    first: int
    second: int


class PlaylistQuery(Message, frozen=True, kw_only=True):
    """A radio from seeds.

    ``gap`` and ``cap`` limit how soon and how often tracks of one ``folder``, ``album`` or ``artist`` come again; None
    for limits that give way where they would end the list. ``curve`` holds points of position and energy, 0 to 1.
    """

    selection: Selection
    tracks: int | None = None
    minutes: float | None = None
    number: int = 0
    spread: float = 0.3
    gap: dict[str, int] | None = None
    cap: dict[str, int] | None = None
    curve: list[tuple[float, float]] = []


class PathQuery(Message, frozen=True, kw_only=True):
    """Tracks that lead from one to another."""

    start: int
    end: int
    tracks: int
    filters: Filters = Filters()


class FlowQuery(Message, frozen=True, kw_only=True):
    """An order of tracks with small steps."""

    tracks: list[int]


class DuplicatesQuery(Message, frozen=True, kw_only=True):
    """All groups of files with the same recording."""


class MapQuery(Message, frozen=True, kw_only=True):
    """Coordinates of all tracks on a map."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Distance within one family of dimensions, and that of a random pair."""

    family: str
    distance: float
    expected: float


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """One similar track; ``copies`` are farther tracks of the answer that hold the same recording."""

    file_id: int
    distance: float
    similarity: float
    families: list[Difference] = []
    facts: list[Fact] = []
    reason: str = ""
    copies: list[int] = []


class SimilarPage(Message, frozen=True, kw_only=True):
    """A page of neighbours, nearest first; ``note`` says why an answer is empty.

    ``total`` counts all tracks, copies among them; ``next`` is the offset of the next page.
    """

    items: list[Neighbour]
    total: int
    generation: int
    next: int | None = None
    note: str = ""


class Comparison(Message, frozen=True, kw_only=True):
    """The second of two tracks as a neighbour of the first, and how far they are apart in each dimension both define.

    ``differences`` are in standard deviations of the library; the tempo's is circular.
    """

    neighbour: Neighbour
    differences: dict[str, float]


class PlaylistEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A track of a playlist; ``distance`` is that from the seeds, ``step`` that from the track before.

    ``copies`` are other candidates with the same recording.
    """

    file_id: int
    duration_sec: float
    energy: float
    step: float
    distance: float | None = None
    copies: list[int] = []


class Playlist(Message, frozen=True, kw_only=True):
    """Tracks in order; ``note`` says why there are fewer than wanted."""

    items: list[PlaylistEntry]
    note: str = ""


class DuplicatePair(msgspec.Struct, frozen=True, kw_only=True):
    """Two files of a group.

    ``kind`` is ``same_recording``, ``other_length`` or ``candidate``; ``agreement`` is the share of equal bits, None
    without sub-fingerprints; the second file begins ``offset_sec`` later in the recording than the first.
    """

    first: int
    second: int
    kind: Literal["same_recording", "other_length", "candidate"]
    agreement: float | None = None
    offset_sec: float = 0.0
    confirmed: bool = False


class DuplicateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are connected by pairs, by id."""

    files: list[int]
    pairs: list[DuplicatePair]


class Duplicates(Message, frozen=True, kw_only=True):
    """All groups; ``compared`` files have sub-fingerprints, ``total`` is the size of the library."""

    groups: list[DuplicateGroup]
    compared: int
    total: int


class TrackMap(Message, frozen=True, kw_only=True):
    """Coordinates of tracks, 0 to 65535, as little-endian bytes: ids of 8 bytes, coordinates of 2.

    ``kept`` is the share of ten nearest tracks that are among the ten nearest on the map.
    """

    generation: int
    kept: float
    ids: bytes
    x: bytes
    y: bytes


class Refusal(Message, frozen=True, kw_only=True):
    """The query cannot be answered."""

    status: int
    code: str
    message: str


class Progress(Message, frozen=True, kw_only=True):
    """The index works on an answer; sent before it."""


Query = SimilarQuery | CompareQuery | PlaylistQuery | PathQuery | FlowQuery | DuplicatesQuery | MapQuery
Reply = SimilarPage | Comparison | Playlist | Duplicates | TrackMap | Refusal | Progress

_encoder: Final = msgspec.msgpack.Encoder()
_queries: Final = msgspec.msgpack.Decoder(Query)
_replies: Final = msgspec.msgpack.Decoder(Reply)


def encode(message: Message) -> bytes:
    """Return the bytes of a message."""
    return _encoder.encode(message)


def decode_query(data: bytes) -> Query:
    """Return the query that some bytes are."""
    query: Query = _queries.decode(data)
    return query


def decode_reply(data: bytes) -> Reply:
    """Return the reply that some bytes are."""
    reply: Reply = _replies.decode(data)
    return reply
