"""Conversion to the units and names of the host."""

import pytest

from auralis_fp import schema
from auralis_fp.units import to_host, to_wire
from stored import analysed

# what the host's interface reads, in the order of its own description
WIRE = ["sub_bass", "bass", "low_mid", "mid", "upper_mid", "presence", "air", "lufs", "crest_db", "bass_mid_ratio"]
WIRE += ["tempo_bpm", "rhythm_stability", "transient_density", "silence_ratio", "spectral_centroid"]
WIRE += ["spectral_rolloff", "spectral_flatness", "harmonic_ratio", "pitch_confidence", "chroma_energy_mean"]
WIRE += ["dynamic_range_variation", "loudness_variation_std", "peak_consistency", "stereo_width", "stereo_correlation"]


def test_the_hosts_database_has_fractions() -> None:
    """Bands become fractions, two frequencies are normalised and clipped, and everything else is unchanged."""
    given = analysed(bass_pct=25.0, spectral_centroid=2000.0, spectral_rolloff=12_000.0, lufs=-14.0).fingerprint
    host = to_host(given)
    assert tuple(host) == schema.NAMES
    assert (host["bass_pct"], host["spectral_centroid"], host["spectral_rolloff"]) == (0.25, 0.25, 1.0)
    changed = {name for name in schema.NAMES if name.endswith("_pct") or name.startswith("spectral_")}
    assert {name: host[name] for name in host if name not in changed} == {
        name: given[name] for name in given if name not in changed
    }


def test_the_hosts_interface_has_names_of_its_own() -> None:
    """Bands are fractions, and the centroid stays in Hz."""
    given = analysed(bass_pct=25.0, spectral_centroid=2000.0, pitch_stability=0.5).fingerprint
    wire = to_wire(given)
    assert [name for name in wire if name in WIRE] == WIRE
    assert (wire["bass"], wire["spectral_centroid"], wire["pitch_confidence"]) == (0.25, 2000.0, 0.5)
    shares = [wire[name] for name in WIRE[:7]]
    assert sum(shares) == pytest.approx(sum(list(given.values())[:7]) / 100)
