"""Music with known albums: packages of Debian, each an album; some albums are by the same artist."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.errors import FileError
from auralis_fp.models import Analysed

PACKAGES: Final[Mapping[str, str]] = {
    "hyperrogue-music": "usr/share/hyperrogue/music",
    "drascula-music": "usr/share/scummvm/drascula/audio",
    "asc-music": "usr/share/games/asc/music",
    "extremetuxracer-data": "usr/share/games/etr/music",
    "frozen-bubble-data": "usr/share/games/frozen-bubble/snd",
    "hedgewars-data": "usr/share/games/hedgewars/Data/Music",
}
OTHERS: Final[Mapping[str, str]] = {
    "wesnoth-1.16-music": "usr/share/games/wesnoth/1.16/data/core/music",
    "warzone2100-music legacy": "usr/share/games/warzone2100/music/albums/legacy_soundtrack",
    "warzone2100-music aftermath": "usr/share/games/warzone2100/music/albums/aftermath_soundtrack",
    "warzone2100-music original": "usr/share/games/warzone2100/music/albums/original_soundtrack",
    "singularity-music": "usr/share/games/singularity/music",
    "planetblupi-music-ogg": "usr/share/planetblupi/music",
    "marsshooter-data": "usr/share/games/marsshooter/audio/music",
    "freedroidrpg-data": "usr/share/freedroidrpg/data/sound/music",
    "flare-game": "usr/share/games/flare/mods/fantasycore/music",
    "fillets-ng-data": "usr/share/games/fillets-ng/music",
    "colobot-common-sounds": "usr/share/games/colobot/music",
    "warmux-data": "usr/share/games/warmux/music/ingame",
    "btanks-data": "usr/share/games/btanks/data/tunes",
    "lincity-ng-data": "usr/share/games/lincity-ng/music/default",
    "supertux-data": "usr/share/games/supertux2/music",
    "gunroar-data": "usr/share/games/gunroar/sounds/musics",
    "torus-trooper-data": "usr/share/games/torus-trooper/sounds/musics",
    "tumiki-fighters-data": "usr/share/games/tumiki-fighters/sounds",
    "parsec47-data": "usr/share/games/parsec47/sounds",
    "noiz2sa-data": "usr/share/games/noiz2sa/sounds",
    "rrootage-data": "usr/share/games/rrootage/sounds",
}
#: Artists with several of the albums above.
ARTISTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("warzone2100-music legacy", "warzone2100-music aftermath", "warzone2100-music original"), "Warzone 2100"
    ),
    **dict.fromkeys(
        (
            "gunroar-data",
            "torus-trooper-data",
            "tumiki-fighters-data",
            "parsec47-data",
            "noiz2sa-data",
            "rrootage-data",
        ),
        "ABA Games",
    ),
}
SHORTEST_SEC: Final = 20.0
SMALLEST: Final = 100_000  # bytes; smaller files are sounds


@dataclass(frozen=True, slots=True)
class Song:
    """An analysed file and its album."""

    path: Path
    album: str
    result: Analysed


def songs(folders: Mapping[str, str], root: Path) -> Iterator[Song]:
    """Analyse the music of some packages, as far as they are installed or unpacked below *root*.

    Parameters
    ----------
    folders : mapping
        Folder of each album.
    root : Path
    """
    for album, folder in folders.items():
        for path in sorted((root / folder).rglob("*")):
            if not path.is_file() or path.stat().st_size < SMALLEST:
                continue
            try:
                result = fingerprint_file(os.fsencode(path))
            except FileError:
                continue
            if result.metadata.duration_sec >= SHORTEST_SEC:
                yield Song(path, album, result)
