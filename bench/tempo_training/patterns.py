"""Drum patterns of popular genres and the range of their tempi, for the synthesised part of the training set."""

from typing import Final, NamedTuple

STEPS: Final = 16  # per bar of four beats
LOUDNESS: Final = {"x": 1.0, "o": 0.6, "-": 0.3}


class Genre(NamedTuple):
    """Range of the tempo in BPM, and patterns to choose from, 16 steps each."""

    slowest: float
    fastest: float
    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    hats: tuple[str, ...]


_FOUR: Final = ("x...x...x...x...",)
_BACKBEAT: Final = ("....x.......x...",)
_EIGHTHS: Final = ("x.x.x.x.x.x.x.x.", "x-x-x-x-x-x-x-x-")
_NONE: Final = "................"

GENRES: Final[dict[str, Genre]] = {
    "house": Genre(114, 134, _FOUR, (*_BACKBEAT, _NONE), ("..x...x...x...x.", "x-x-x-x-x-x-x-x-", "..x-..x-..x-..x-")),
    "techno": Genre(122, 152, _FOUR, (_NONE, *_BACKBEAT), ("..x...x...x...x.", "x-x-x-x-x-x-x-x-", _NONE)),
    "hardcore": Genre(155, 205, _FOUR, (*_BACKBEAT, _NONE), ("..x...x...x...x.", "x.x.x.x.x.x.x.x.")),
    "rock": Genre(
        84,
        172,
        ("x.......x.......", "x.....x.x.......", "x.......x.x.....", "x..x....x.x.....", "x.x.....x.x....."),
        _BACKBEAT,
        (*_EIGHTHS, "x...x...x...x..."),
    ),
    "punk": Genre(
        150, 212, ("x.......x.x.....", "x.....x.x.....x."), _BACKBEAT, ("x.x.x.x.x.x.x.x.", "x...x...x...x...")
    ),
    "train": Genre(150, 205, ("x...x...x...x...",), ("..x...x...x...x.",), ("x.x.x.x.x.x.x.x.", "x...x...x...x...")),
    "drum and bass": Genre(
        160,
        182,
        ("x.........x.....", "x..x......x.....", "x.....x...x....."),
        ("....x.......x...", "....x..-.-..x..."),
        (*_EIGHTHS, "x.xx.xx.x.xx.xx."),
    ),
    "jungle": Genre(
        154,
        180,
        ("x.x.......xx....", "x..x..x...x....."),
        ("....x..-.-..x..-", "....x..x.x..x..."),
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
    ),
    "hip hop": Genre(
        76,
        106,
        ("x.......x.x.....", "x..x....x.......", "x.....x...x.....", "x.x.....xx......"),
        ("....x.......x...", "....x.......x..x"),
        _EIGHTHS,
    ),
    "trap": Genre(
        130,
        152,
        ("x.....x...x.....", "x..........x....", "x.....x........."),
        ("........x.......",),
        ("xxxxxxxxxxxxxxxx", "x.x.xxx.x.x.x.xx", "xxxxxxx.x.xxxxxx"),
    ),
    "half time": Genre(
        46, 92, ("x...............", "x.....x.........", "x.........x....."), ("........x.......",), _EIGHTHS
    ),
    "dubstep": Genre(136, 146, ("x...........x...", "x.........x....."), ("........x.......",), _EIGHTHS),
    "rhythm and blues": Genre(
        58, 92, ("x..x...x..x.....", "x.....x.x......."), _BACKBEAT, ("x-x-x-x-x-x-x-x-", "x.xxx.xxx.xxx.xx")
    ),
    "funk": Genre(
        90, 124, ("x..x..x.....x...", "x.x....x..x....."), ("....x..-.-..x...", "....x..-.-.-x..-"), _EIGHTHS
    ),
    "disco": Genre(106, 132, _FOUR, _BACKBEAT, ("x-x-x-x-x-x-x-x-", "..o...o...o...o.")),
    "reggae": Genre(
        66,
        94,
        ("........x.......", "....x.......x...", "x.......x......."),
        ("........x.......", "....x.......x..."),
        ("x.x.x.x.x.x.x.x.", "..x...x...x...x."),
    ),
    "dancehall": Genre(
        86, 108, ("x..x..x.x..x..x.", "x..x..x........."), ("...x..x....x..x.", "......x.......x."), _EIGHTHS
    ),
    "reggaeton": Genre(86, 104, _FOUR, ("...x..x....x..x.",), _EIGHTHS),
    "ballad": Genre(52, 86, ("x.......x.......", "x......xx.......", "x.....x.x......."), _BACKBEAT, _EIGHTHS),
    "metal": Genre(
        100,
        200,
        ("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x.x.x.x.x.x.x.x."),
        _BACKBEAT,
        ("x...x...x...x...", "x.x.x.x.x.x.x.x."),
    ),
    "synth pop": Genre(
        98, 150, ("x...x...x...x...", "x.......x......."), _BACKBEAT, ("x.x.x.x.x.x.x.x.", "..x...x...x...x.")
    ),
    "march": Genre(
        96, 132, ("x...x...x...x...", "x.......x......."), ("x.xxx.x.x.xxx.x.", "..x...x...x...x."), (_NONE,)
    ),
    "polka": Genre(108, 140, _FOUR, ("..x...x...x...x.",), (_NONE, "x.x.x.x.x.x.x.x.")),
    "samba": Genre(88, 118, ("x..xx..xx..xx..x",), ("..x..x.x..x..x.x",), ("x-xx-xx-xx-xx-xx", "xxxxxxxxxxxxxxxx")),
    "bossa nova": Genre(
        112,
        148,
        ("x..xx..xx..xx..x", "x.....x.x.....x."),
        ("x..x..x...x..x..", "x.....x.....x..."),
        ("x.x.x.x.x.x.x.x.",),
    ),
}
FURTHER: Final[dict[str, Genre]] = {  # an optional source, which the weights of the package have not seen
    "fast punk": Genre(
        164,
        224,
        ("x...x.x.x...x.x.", "x.....x.x...x...", "x..x....x.x....."),
        _BACKBEAT,
        (*_EIGHTHS, "x...x...x...x..."),
    ),
    "surf rock": Genre(148, 186, ("x.......x.......", "x...x...x...x..."), ("....x.x.....x...",), _EIGHTHS),
    "skate punk": Genre(
        172,
        216,
        ("x..x..x.x..x..x.", "x...x...x...x...", "x.......x.x.x..."),
        ("..x...x...x...x.", "....x.......x..."),
        _EIGHTHS,
    ),
    "blast beat": Genre(
        160,
        220,
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
        (".x.x.x.x.x.x.x.x", "..x...x...x...x."),
        ("x...x...x...x...", *_EIGHTHS),
    ),
    "neurofunk": Genre(
        168,
        180,
        ("x.........x.....", "x.......x.x.....", "x..x......x..x..", "x.x.......x....."),
        ("....x.......x...", "....x..-.-..x..-", "....x...-...x.-."),
        ("x.xxx.xxx.xxx.xx", "..x...x...x...x.", "xxxxxxxxxxxxxxxx"),
    ),
    "breakcore": Genre(
        160,
        200,
        ("x.x..x....x..x..", "x..x..x...x.x..."),
        ("....x..x.x..x.xx", "....x.-x....x..x"),
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
    ),
    "happy hardcore": Genre(
        158, 184, _FOUR, (*_BACKBEAT, "....x.......x.x."), ("..x...x...x...x.", "x-x-x-x-x-x-x-x-")
    ),
    "eurobeat": Genre(148, 166, _FOUR, _BACKBEAT, ("x.xxx.xxx.xxx.xx", "..x...x...x...x.", "xxxxxxxxxxxxxxxx")),
    "fast techno": Genre(150, 176, _FOUR, (_NONE, "..............x."), ("..x...x...x...x.", _NONE, "xxxxxxxxxxxxxxxx")),
    "galop": Genre(128, 168, _FOUR, ("..x...x...x...x.", "..x.x.x...x.x.x."), (_NONE, "x...x...x...x...")),
    "game music": Genre(
        112,
        196,
        ("x...x...x...x...", "x.......x.......", "x.....x.x.......", "x.x.....x.x....."),
        (*_BACKBEAT, "....x.......x.xx", _NONE),
        (*_EIGHTHS, "xxxxxxxxxxxxxxxx", "x...x...x...x...", _NONE),
    ),
    "slow rock": Genre(60, 96, ("x.......x.......", "x.....x.x.x....."), _BACKBEAT, (*_EIGHTHS, "x...x...x...x...")),
}
SLOW_AND_FAST: Final[dict[str, Genre]] = {  # for `bench.tempo_density`, whose range of tempi is wider
    "slow eighths": Genre(40, 72, ("x.......x.......", "x.......x.......", "x.......x.x....."), _BACKBEAT, _EIGHTHS),
    "slow sixteenths": Genre(
        40,
        72,
        ("x.......x.......", "x..x....x.......", "x.....x.x..x...."),
        _BACKBEAT,
        ("xxxxxxxxxxxxxxxx", "x-o-x-o-x-o-x-o-"),
    ),
    "slow groove": Genre(
        44,
        76,
        ("x.......x.......", "x......xx......."),
        ("....x.......x...", "....x..-.-..x..-"),
        (*_EIGHTHS, "x-o-x-o-x-o-x-o-"),
    ),
    "fast backbeat": Genre(
        158,
        210,
        ("x.......x.......", "x.......x.x.....", "x.x.....x......."),
        _BACKBEAT,
        (*_EIGHTHS, "x...x...x...x..."),
    ),
    "fast metal": Genre(
        158,
        212,
        ("x.x.x.x.x.x.x.x.", "x.x.x...x.x.x...", "x.....x.x.....x.", "xxxxxxxxxxxxxxxx"),
        _BACKBEAT,
        ("x...x...x...x...", "x...x...x...x...", "x.x.x.x.x.x.x.x."),
    ),
    "thrash": Genre(
        158,
        205,
        ("x...x...x...x...", "x..xx..xx..xx..x"),
        ("..x...x...x...x.",),
        ("x.x.x.x.x.x.x.x.", "x...x...x...x...", _NONE),
    ),
    "liquid drum and bass": Genre(
        164,
        180,
        ("x.........x.....", "x...x.....x....."),
        ("....x.......x...", "....x.-.....x.-."),
        (*_EIGHTHS, "..x...x...x...x."),
    ),
    "fast game music": Genre(
        156,
        204,
        ("x...x...x...x...", "x.......x.......", "x...x...x.x.x..."),
        (*_BACKBEAT, _NONE, "....x.......x.x."),
        (*_EIGHTHS, "x...x...x...x...", _NONE),
    ),
}
TERNARY: Final[dict[str, tuple[float, float]]] = {
    "swing": (110, 240),
    "shuffle": (84, 156),
    "slow swing": (54, 82),
    "waltz": (84, 184),
    "jazz waltz": (100, 184),
    "six-eight": (42, 78),
}
PLAIN: Final[dict[str, tuple[float, float]]] = {"no drums": (56, 176), "pulse": (50, 200)}
NAMES: Final = (*GENRES, *TERNARY, *PLAIN)
