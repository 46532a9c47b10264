"""Onset curves of a recording, as the analysis computes them."""

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.rhythm.novelty import NoveltyCurves
from auralis_fp.analysis.rhythm.onset_strength import OnsetDetector, OnsetStrength
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.decimation import SubbandRates
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import StreamingSTFT
from auralis_fp.analysis.types import FloatArray


def onset_strength(samples: NDArray[np.float32], sample_rate: int) -> tuple[OnsetStrength, FloatArray]:
    """Return the onset strength of a stereo recording, shape (samples, 2), and the novelty curves at its frames."""
    grid, layout = STFTGrid.for_rate(sample_rate), Layout.of(("FL", "FR"))
    stft = StreamingSTFT(grid, layout.pairs, 2)
    detector, novelty = OnsetDetector(SubbandRates(grid).mid_rate, len(layout.pairs)), NoveltyCurves(grid)
    for spectra in (*stft.transform(samples), *stft.flush()):
        detector.detect(spectra.mid_band)
        novelty.accumulate(spectra)
    strength = detector.flush()
    return strength, novelty.interpolate(np.arange(len(strength.flux)) / strength.rate)
