"""Versions of models on a line of time, as places in a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bowerbird.core import ids
from bowerbird.learning.releases import Release

LEFT, RIGHT, TOP, ROW = 150, 950, 38, 62
NAMES = {"assistant": "Assistant", "adapter": "Language model", "pictures": "Picture taste", "ranker": "For You"}
TICKS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A version: where it stands, its number and its state."""

    x: float
    number: int
    state: str
    ends: float  # where its use ended; where it stands itself, for one that was never used


@dataclass(frozen=True, slots=True)
class Line:
    """One model's."""

    name: str
    y: int
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of them: [(x, day)] below."""

    lines: list[Line]
    days: list[tuple[float, str]]
    height: int


def timeline(versions: Sequence[Release]) -> Timeline | None:
    """Of the newest versions; None where there are none."""
    if not versions:
        return None
    made = {one.id: ids.at(one.id).timestamp() for one in versions}
    first, last = min(made.values()), max(made.values())
    span = max(last - first, 1.0)

    def x(at: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (at - first) / span, 1) if last > first else float(RIGHT)

    lines: list[Line] = []
    for model in dict.fromkeys(one.model for one in versions):
        points = [
            Point(x(made[one.id]), one.number, one.state, min(RIGHT, x(one.until.timestamp())) if one.until else x(made[one.id]))
            for one in reversed(versions) if one.model == model
        ]  # fmt: skip
        lines.append(Line(NAMES.get(model, model.capitalize()), TOP + ROW * len(lines), points))
    moments = [first + span * n / (TICKS - 1) for n in range(TICKS)] if last > first else [last]
    days = {f"{datetime.fromtimestamp(at, UTC):%-d %b}": x(at) for at in reversed(moments)}
    return Timeline(lines, [(place, day) for day, place in days.items()], TOP + ROW * len(lines))
