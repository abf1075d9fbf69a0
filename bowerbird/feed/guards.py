"""Guard rails: what a challenger may not make worse, whatever it wins. Each compares the two person by person, by the same test that may be looked at
as often as one likes (votes.py), but sooner sure: stopping in vain costs little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from bowerbird.feed import votes
from bowerbird.feed.tally import Pair, Tally

ALPHA = 0.10  # of each guard rail
V_BEST = 3.0  # sharpest for what few people do: a dozen reports
SHOWN_MIN = 10  # posts of either, before somebody's shares say anything
LATENCY_MS_MAX = 250.0
LATENCY_TIMES_MAX = 2.0  # as long as before the comparison
PAGES_MIN = 60
QUANTILE, SURE = 0.95, 1.645  # of pages; standard errors, one side


class Guard(msgspec.Struct, frozen=True):
    """One of them as it stands: `value` is the challenger's less the champion's (of latency: in ms), with its interval, and `limit` what it may be.
    `breached`: the whole interval lies beyond the limit."""

    name: str
    value: float
    low: float
    high: float
    limit: float
    breached: bool
    reversed: bool = False  # it is the champion that does so


@dataclass(frozen=True, slots=True)
class Rail:
    """What is watched, and how much worse it may be. `of` reads the difference of a person, more being worse; None: they say
    nothing of it."""

    name: str
    limit: float
    of: Callable[[Tally], float | None]


def _said(pair: Callable[[Tally], Pair]) -> Callable[[Tally], float | None]:
    return lambda one: votes.vote(*pair(one)) if sum(pair(one)) else None


def _shares(pair: Callable[[Tally], Pair], *, shown: bool = False) -> Callable[[Tally], float | None]:
    """The difference of two shares, once enough was shown of either; with `shown`, of counts as shares of what was shown."""

    def of(one: Tally) -> float | None:
        if min(one.shown) < SHOWN_MIN:
            return None
        champion, challenger = pair(one)
        return challenger / one.shown[1] - champion / one.shown[0] if shown else challenger - champion

    return of


RAILS = (
    Rail("hides", 0.0, _said(lambda one: one.hides)),
    Rail("reports", 0.0, _said(lambda one: one.reports)),
    Rail("authors", 0.05, _shares(lambda one: one.author)),
    Rail("topics", 0.05, _shares(lambda one: (-one.spread[0], -one.spread[1]))),
    Rail("repeats", 0.05, _shares(lambda one: one.repeats, shown=True)),
)


def read(tallies: Sequence[Tally], spent_ms: Sequence[float] = (), before_ms: Sequence[float] = ()) -> list[Guard]:
    """All of them. `spent_ms`: what pages of the comparison took to lay out; `before_ms`: what pages took before it."""
    found: list[Guard] = []
    for rail in RAILS:
        told = votes.poll([said for one in tallies if (said := rail.of(one)) is not None], ALPHA, V_BEST)
        worse, better = told.low > rail.limit, told.high < -rail.limit
        found.append(Guard(rail.name, told.mean, told.low, told.high, rail.limit, worse, better))
    return [*found, latency(spent_ms, before_ms)]


def latency(spent_ms: Sequence[float], before_ms: Sequence[float]) -> Guard:
    """What 95 of 100 pages take at most, with an interval by the order of the pages themselves: binomial, and plain, as
    it is one look at the latest pages."""
    usual = float(np.quantile(before_ms, QUANTILE)) if len(before_ms) >= PAGES_MIN else 0.0
    limit = max(LATENCY_MS_MAX, LATENCY_TIMES_MAX * usual)
    if len(spent_ms) < PAGES_MIN:
        return Guard("latency", float(np.quantile(spent_ms, QUANTILE)) if len(spent_ms) else 0.0, 0.0, 0.0, limit, False)
    off = SURE * float(np.sqrt(QUANTILE * (1 - QUANTILE) / len(spent_ms)))
    low, value, high = (float(np.quantile(spent_ms, q)) for q in (QUANTILE - off, QUANTILE, min(1.0, QUANTILE + off)))
    return Guard("latency", value, low, high, limit, low > limit)
