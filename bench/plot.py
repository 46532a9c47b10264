"""A line plot as SVG with a y axis from zero."""

from collections.abc import Callable, Sequence
from math import log10
from pathlib import Path
from typing import Final

_WIDTH, _HEIGHT, _LEFT, _BELOW = 640, 300, 60, 50
_INK: Final = "#5b6670"  # readable on light and dark backgrounds
_LINE: Final = "#0f8a7e"


def line(
    path: Path,
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    axes: tuple[str, str],
    *,
    logarithmic: bool = True,
) -> None:
    """Write a plot.

    Parameters
    ----------
    path : Path
        The SVG file.
    points : sequence of (float, float)
        Points in ascending order of x > 0.
    labels : sequence of str
        Tick label of each point.
    axes : (str, str)
        Labels of the x and y axes with units.
    logarithmic : bool
        Whether the x axis is.
    """
    scale: Callable[[float], float] = log10 if logarithmic else float
    top = 1.15 * max(y for _, y in points)
    first, last = scale(points[0][0]), scale(points[-1][0])
    places = [
        (
            _LEFT + (scale(x) - first) / (last - first) * (_WIDTH - _LEFT - 40),
            20 + (1 - y / top) * (_HEIGHT - _BELOW - 20),
        )
        for x, y in points
    ]
    floor = _HEIGHT - _BELOW
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
            f' font-family="sans-serif" font-size="12" fill="{_INK}">'
        ),
        f"<title>{axes[1]} by {axes[0]}</title>",
        f'<path d="M{_LEFT} 10V{floor}H{_WIDTH - 20}" fill="none" stroke="{_INK}"/>',
        (
            f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="{_LINE}"'
            ' stroke-width="2"/>'
        ),
    ]
    for (x, y), (_, value), label in zip(places, points, labels, strict=True):
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_LINE}"/>',
            f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{value:.3g}</text>',
            f'<text x="{x:.1f}" y="{floor + 17}" text-anchor="middle">{label}</text>',
        ]
    parts += [
        f'<text x="{_WIDTH - 20}" y="{_HEIGHT - 8}" text-anchor="end">{axes[0]}</text>',
        f'<text x="{_LEFT + 8}" y="18">{axes[1]}</text>',
        "</svg>",
    ]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
