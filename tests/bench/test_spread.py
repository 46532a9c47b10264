"""The tables of spread and correlation."""

from auralis_fp import schema
from bench import spread


def tracks(count: int = 21) -> list[dict[str, float]]:
    """Return tracks whose dimensions rise together over their ranges, except one that falls and one often undefined."""
    found = []
    for index in range(count):
        part = index / (count - 1)
        values = {each.name: each.low + part * (each.high - each.low) for each in schema.DIMENSIONS}
        values["lufs"] = -values["sub_bass_pct"]
        if index % 3:
            del values["tempo_bpm"]
        found.append(values)
    return found


def test_the_spread_states_used_range_bounds_and_undefined_values() -> None:
    """Values from bound to bound use nine tenths, two of 21 are at a bound, and two of three tempi are undefined."""
    rows = {line.split(" | ")[0]: line.split(" | ")[1:] for line in spread.spread(tracks()).splitlines()}
    assert rows["| `chroma_energy`"] == ["0.05", "0.1", "0.5", "0.9", "0.95", "90 %", "10 %", "0 % |"]
    assert rows["| `tempo_bpm`"][-1] == "67 % |"


def test_typical_tracks_are_counted() -> None:
    """A track whose values are all inside the typical ranges is typical, and an undefined value is no exception."""
    middle = {each.name: sum(each.typical) / 2 for each in schema.DIMENSIONS}
    loud = {**middle, "lufs": schema.BY_NAME["lufs"].high}
    del middle["tempo_bpm"]
    text = spread.typical([middle, loud, loud])
    assert text.startswith(
        "1 of the 3 tracks are typical in every dimension; the median track is untypical in\n1 of 25."
    )
    assert "33 % (`lufs`)" in text


def test_correlations_are_signed_and_in_one_triangle() -> None:
    """Dimensions that rise together have 100, opposite ones -100, and each pair stands once."""
    lines = spread.correlations(tracks()).splitlines()
    cells = {
        line.split("`")[1]: line.split("|")[2:-1] for line in lines if line.startswith("| 2 ") or "lufs`" in line[:14]
    }
    assert cells["bass_pct"][0].strip() == "100"
    assert [cell.strip() for cell in cells["lufs"][:8]] == ["-100"] * 7 + [""]
