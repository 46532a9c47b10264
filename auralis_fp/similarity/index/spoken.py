"""Spoken word, recognised by the numbers of the fingerprint."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue
from .transforms import NAMES

LEAST_SILENCE: Final = 0.04  # pauses between sentences
MOST_SUB_BASS_PCT: Final = 1.0
LEAST_VOICE_PCT: Final = 30.0  # of the power between 250 Hz and 2 kHz
MOST_PITCH_STABILITY: Final = 0.35  # the pitch of speech glides
MOST_CHROMA: Final = 0.35  # and keeps to no scale
MOST_WIDTH: Final = 0.1


def spoken(catalogue: Catalogue) -> NDArray[np.bool_]:
    """Return which tracks are probably spoken word, shape (n_tracks,).

    Notes
    -----
    All of it must hold: no tempo, pauses, hardly any power below 60 Hz, at least 30 % between 250 Hz and 2 kHz, gliding
    pitch, no tonal focus, and a narrow stereo image. Songs without accompaniment keep their pitch; music with pauses
    has low or wide sound.
    """
    raw, undefined = catalogue.column("raw"), catalogue.column("undefined")

    def value(name: str) -> NDArray[np.float32]:
        return np.asarray(raw[NAMES.index(name)])

    tempo = np.uint64(NAMES.index("tempo_bpm"))
    return np.asarray(
        (undefined >> tempo & np.uint64(1)).astype(bool)
        & (value("silence_ratio") >= LEAST_SILENCE)
        & (value("sub_bass_pct") <= MOST_SUB_BASS_PCT)
        & (value("low_mid_pct") + value("mid_pct") >= LEAST_VOICE_PCT)
        & (value("pitch_stability") <= MOST_PITCH_STABILITY)
        & (value("chroma_energy") <= MOST_CHROMA)
        & (value("stereo_width") <= MOST_WIDTH)
    )
