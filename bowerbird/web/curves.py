"""How a comparison went, as lines on a page: what could not be ruled out at each moment as a band, the mean vote as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.feed.comparisons import Point

WIDTH, HEIGHT = 600.0, 200.0
SPAN_MIN, SPAN_TIMES = 0.1, 2.0
POINTS_MAX = 240


@dataclass(frozen=True, slots=True)
class Curve:
    """In a box of WIDTH by HEIGHT whose middle is no difference; its upper edge is `span` for the challenger, the lower as much for the champion."""

    band: str
    line: str
    end: tuple[float, float]
    span: float
    first: Point
    last: Point


def of(points: Sequence[Point]) -> Curve | None:
    """None where there is nothing to draw yet. The scale is that of the end, so that the wide beginning runs out of the picture."""
    if len(points) < 2:
        return None
    every = max(1, len(points) // POINTS_MAX)
    shown = [*points[:-1:every], points[-1]]
    last = shown[-1]
    span = min(1.0, max(SPAN_MIN, SPAN_TIMES * max(abs(last.vote), (last.high - last.low) / 2)))
    begins, lasts_s = shown[0].at, max(1.0, (last.at - shown[0].at).total_seconds())

    def x(point: Point) -> float:
        return round((point.at - begins).total_seconds() / lasts_s * WIDTH, 1)

    def y(value: float) -> float:
        return round(HEIGHT / 2 * (1 - max(-1.0, min(1.0, value / span))), 1)

    upper, lower = [(x(one), y(one.high)) for one in shown], [(x(one), y(one.low)) for one in shown]
    middle = [(x(one), y(one.vote)) for one in shown]
    return Curve(_points([*upper, *reversed(lower)]), _points(middle), middle[-1], span, shown[0], last)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in pairs)
