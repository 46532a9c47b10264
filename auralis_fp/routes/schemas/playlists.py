"""Request bodies of playlists."""

from typing import Annotated, Final, Literal

import msgspec

from ...engine.seeds import Seeds
from ...engine.similarity import CURVES, PathRequest, RadioRequest
from .bodies import Id, Text, path_bytes
from .similar import SeedTracks, SelectionBody, TrackFilters

LONGEST: Final = 1000
LONGEST_MINUTES: Final = 6000

Count = Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]
PathLength = Annotated[int, msgspec.Meta(ge=2, le=LONGEST)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=LONGEST_MINUTES)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]
CurveName = Literal["flat", "rise", "fall", "arc"]
CurvePoints = Annotated[list[tuple[Share, Share]], msgspec.Meta(min_length=1, max_length=100)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
Folder = Annotated[Text | None, msgspec.Meta(description="folder of the playlist; paths in M3U8 are relative to it")]


class GroupLimits(msgspec.Struct, forbid_unknown_fields=True):
    """A limit for tracks of one folder, album or artist."""

    folder: Limit | None = None
    album: Limit | None = None
    artist: Limit | None = None

    def given(self) -> dict[str, int]:
        """Return the limits that are set."""
        fields = {"folder": self.folder, "album": self.album, "artist": self.artist}
        return {name: limit for name, limit in fields.items() if limit is not None}


class RadioBody(SelectionBody, forbid_unknown_fields=True):
    """Build a playlist of tracks near to `like`.

    `tracks` and `minutes` limit its length; 20 tracks if neither is given. `number` chooses one of many lists, each the
    same every time. `spread` is 0 for the nearest tracks, 1 for tracks that differ from each other. `gap` is how many
    other tracks come between two of one group, `cap` how many of one group there are at most; if not given, three of an
    album or artist, four apart, where that is possible. `curve` is the energy over the list: a name, or points of
    position and energy.
    """

    tracks: Count | None = None
    minutes: Minutes | None = None
    number: Number = 0
    spread: Share = 0.3
    gap: GroupLimits | None = None
    cap: GroupLimits | None = None
    curve: CurveName | None = None
    curve_points: CurvePoints | None = None
    relative_to: Folder = None

    def radio(self) -> RadioRequest:
        """Return what to build."""
        named = CURVES[self.curve] if self.curve is not None else ()
        return RadioRequest(
            **self.fields(),
            tracks=self.tracks,
            minutes=self.minutes,
            number=self.number,
            spread=self.spread,
            gap=None if self.gap is None else self.gap.given(),
            cap=None if self.cap is None else self.cap.given(),
            curve=self.curve_points or named,
        )


class PathBody(msgspec.Struct, forbid_unknown_fields=True):
    """Find tracks that lead from `start` to `end`, one track each; `tracks` counts both."""

    start: SeedTracks
    end: SeedTracks
    tracks: PathLength = 10
    filters: TrackFilters = msgspec.field(default_factory=TrackFilters)
    relative_to: Folder = None

    def request(self) -> PathRequest:
        """Return what to find."""
        ends = self.start.seeds("start"), self.end.seeds("end")
        return PathRequest(start=ends[0], end=ends[1], tracks=self.tracks, filters=self.filters.filters())


class FlowBody(msgspec.Struct, forbid_unknown_fields=True):
    """Order tracks so that the steps between them are small, beginning with the first."""

    like: SeedTracks
    relative_to: Folder = None

    def seeds(self) -> Seeds:
        """Return the tracks."""
        return self.like.seeds("like")


class ListBody(msgspec.Struct, forbid_unknown_fields=True):
    """Files of a playlist in their order."""

    files: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=LONGEST)]
    relative_to: Folder = None


def folder_of(relative_to: str | None) -> bytes | None:
    """Return the folder that paths are relative to."""
    return None if relative_to is None else path_bytes(relative_to, "relative_to")
