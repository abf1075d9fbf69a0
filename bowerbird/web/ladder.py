"""Standings as places in a drawing: each score a dot, the interval it lies in a bar, on one scale for all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.learning.arena.standings import Standing

STEPS = (10, 25, 50, 100, 250, 500, 1000, 2500)  # points between two ticks
TICKS_MAX = 7
SHOWN_WIDEST = 1500.0  # points to either side of the average; an interval that goes on beyond is cut


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the table; places in per cent of the drawing's width, none without a score."""

    one: Standing
    at: float | None
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """All of them, with [(place in per cent, score)] of the ticks."""

    rungs: list[Rung]
    ticks: list[tuple[float, int]]


def of(lines: Sequence[Standing]) -> Ladder:
    """The scale holds every interval."""
    bounds = [
        (_cut(one.line.low), _cut(one.line.high)) for one in lines if one.line.low is not None and one.line.high is not None
    ]
    if not bounds:
        return Ladder([Rung(one, None, 0, 0) for one in lines], [])
    first, last = min(low for low, _ in bounds), max(high for _, high in bounds)
    step = next((one for one in STEPS if (last - first) / one < TICKS_MAX), STEPS[-1])
    first, last = math.floor(first / step) * step, max(math.ceil(last / step), math.floor(first / step) + 1) * step

    def place(score: float | None) -> float:
        return round(100 * (_cut(score) - first) / (last - first), 2)

    rungs = [
        Rung(one, None if one.line.score is None else place(one.line.score), place(one.line.low), place(one.line.high) - place(one.line.low))
        for one in lines
    ]  # fmt: skip
    return Ladder(rungs, [(place(score), score) for score in range(int(first), int(last) + 1, step)])


def _cut(score: float | None) -> float:
    return min(1000 + SHOWN_WIDEST, max(1000 - SHOWN_WIDEST, 1000.0 if score is None else score))
