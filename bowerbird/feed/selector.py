"""Laying out a page: the best first, but not all from one interest, one act or one author, not all alike, and some places for what few have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.asked import Asked
from bowerbird.feed.caps import Caps
from bowerbird.feed.layout import Layout
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.scorers import WORTH
from bowerbird.feed.steady import Bounds
from bowerbird.feed.teams import Turns
from bowerbird.feed.values import Limits, values

POOL = 150
EXPLORED_SHOWN_MAX = 40  # posts shown less often may stand at a place for exploring
SHARPNESS = 4.0  # of the draw for those places


@dataclass(frozen=True)
class Page:
    """Of the POOL best, as many as asked for."""

    name: str = "page"

    def select(self, ask: Asked, batch: Batch, sources: Sequence[str]) -> list[Placed]:
        """The page in order; shorter where there is no more."""
        if not len(batch.rows):
            return []
        values_of = _values_of(ask, batch)
        explored = self._explored(ask, batch, list(values_of.values())) if ask.explore else {}
        best = [np.argsort(-own, kind="stable")[:POOL] for own in values_of.values()]
        steady = {one.row: one.source for one in ask.steady or ()}
        kept = np.flatnonzero(np.isin(batch.rows, list(steady)))
        pool = np.unique(np.concatenate([*best, kept, np.array([at for at, _ in explored.values()], np.int64)]))
        pool = pool[np.argsort(-batch.values[pool], kind="stable")]
        catalogue = ask.learner.catalogue
        rows = batch.rows[pool]
        layout = Layout(catalogue.vectors[rows], catalogue.authors[rows], min(ask.limit, len(pool)))
        bounds = Bounds(ask, rows, np.isin(pool, [at for at, _ in explored.values()]) & (ask.steady is not None))
        limits = {"": ask.champion.values.limits, "champion": ask.champion.values.limits}
        if ask.rival is not None:
            limits["challenger"] = ask.rival.values.limits
        caps = {team: Caps(ask, batch, pool, limits[team]) for team in values_of}
        turns = Turns(ask.draft) if len(values_of) > 1 else None
        order: list[Placed] = []
        for place in range(min(ask.limit, len(pool))):
            at, propensity = explored.get(place, (-1, 1.0))
            index = int(np.flatnonzero(pool == at)[0]) if at >= 0 else -1
            team = ""  # a place for exploring is nobody's
            if index < 0 or index in layout.taken:
                team = turns.next() if turns else ""
                index, propensity = self._best(layout, values_of[team][pool], caps[team], bounds, limits[team]), 1.0
            if index < 0:
                break
            at = int(pool[index])
            source = steady.get(int(batch.rows[at])) or sources[int(batch.sources[at])]
            order.append(_placed(batch, at, source, layout, index, team, propensity, limits[team]))
            for one in (*caps.values(), bounds, layout):
                one.take(index)
        return order

    def _best(self, layout: Layout, worth: NDArray[np.float64], caps: Caps, bounds: Bounds, limits: Limits) -> int:
        """Place in the pool; -1 where nothing is left that may come."""
        wanted = worth + limits.author_again * layout.repeats + limits.diversity * 0.5 * np.log(layout.residue)
        wanted[layout.taken] = wanted[bounds.closed] = -np.inf
        allowed = np.where(caps.full, -np.inf, wanted)
        index = int(np.argmax(allowed if np.isfinite(allowed).any() else wanted))
        return index if np.isfinite(wanted[index]) else -1

    def _explored(self, ask: Asked, batch: Batch, values_of: Sequence[NDArray[np.float64]]) -> dict[int, tuple[int, float]]:
        """Place on the page: (place in the batch, with which probability it was drawn)."""
        if ask.steady is not None:  # drawn for the page that would have been
            at_of = {row: at for at, row in enumerate(batch.rows.tolist())}
            drawn_ = {place: one for place, one in enumerate(ask.steady) if one.propensity < 1 and one.row in at_of}
            return {place: (at_of[one.row], one.propensity) for place, one in drawn_.items()}
        chance = ask.chance()
        shown = ask.learner.counts.shown[batch.rows]
        far = np.ones(len(batch.rows), np.bool_)
        for own in values_of:
            far[np.argsort(-own, kind="stable")[: ask.limit]] = False  # what is likely to be placed anyway explores nothing
        little = np.flatnonzero(far & (shown < EXPLORED_SHOWN_MAX) & ask.learner.catalogue.recommendable[batch.rows])
        wanted = round(ask.limit * values().limits.exploration_share)
        step = ask.limit // max(1, wanted)
        drawn: dict[int, tuple[int, float]] = {}
        for number in range(wanted):
            if not len(little):
                break
            weights = np.exp(SHARPNESS * (batch.values[little] - batch.values[little].max()))
            chances = weights / weights.sum()
            index = int(chance.choice(len(little), p=chances))
            drawn[min(ask.limit - 1, number * step + step // 2)] = (int(little[index]), float(chances[index]))
            little = np.delete(little, index)
        return drawn


def _values_of(ask: Asked, batch: Batch) -> dict[str, NDArray[np.float64]]:
    """What every post of the batch is worth to each team; to "" where there is only one ranker."""
    if ask.rival is None or batch.rival is None:
        return {"": batch.values}
    return {"champion": batch.values, "challenger": batch.values - batch.terms[WORTH] + batch.rival}


def _placed(
    batch: Batch, at: int, source: str, layout: Layout, index: int, team: str, propensity: float, limits: Limits
) -> Placed:
    terms, value = {name: float(term[at]) for name, term in batch.terms.items()}, float(batch.values[at])
    if team == "challenger" and batch.rival is not None:
        value += float(batch.rival[at]) - terms[WORTH]
        terms[WORTH] = float(batch.rival[at])
    if again := int(layout.repeats[index]):
        terms["author again"] = limits.author_again * again
    value += terms.get("author again", 0.0)
    return Placed(int(batch.rows[at]), source, value, terms, propensity, team)
