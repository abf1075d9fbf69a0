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
from bowerbird.feed.values import values

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
        chance = ask.chance()
        best = np.argsort(-batch.values, kind="stable")[:POOL]
        explored = self._explored(ask, batch, chance) if ask.explore else {}
        pool = np.union1d(best, np.array([at for at, _ in explored.values()], np.int64))
        pool = pool[np.argsort(-batch.values[pool], kind="stable")]
        catalogue = ask.learner.catalogue
        rows = batch.rows[pool]
        layout = Layout(catalogue.vectors[rows], catalogue.authors[rows], np.ones(len(pool)), np.zeros(len(pool)))
        own = batch.values[pool]
        rival = own - batch.terms[WORTH][pool] + batch.rival[pool] if batch.rival is not None else None
        caps = Caps(ask, batch, pool)
        order: list[Placed] = []
        first = "champion"
        for place in range(min(ask.limit, len(pool))):
            team, terms_of = "", own
            if rival is not None:
                first = ("champion", "challenger")[int(chance.integers(2))] if place % 2 == 0 else first
                team = first if place % 2 == 0 else ({"champion": "challenger", "challenger": "champion"}[first])
                terms_of = own if team == "champion" else rival
            at, propensity = explored.get(place, (-1, 1.0))
            index = int(np.flatnonzero(pool == at)[0]) if at >= 0 else -1
            if index < 0 or index in layout.taken:
                index, propensity = self._best(layout, terms_of, caps), 1.0
            order.append(_placed(batch, int(pool[index]), sources, layout, index, (team, terms_of[index], propensity)))
            caps.take(index)
            layout.take(index)
        return order

    def _best(self, layout: Layout, worth: NDArray[np.float64], caps: Caps) -> int:
        limits = values().limits
        wanted = worth + limits.author_again * layout.repeats + limits.diversity * 0.5 * np.log(layout.residue)
        wanted[layout.taken] = -np.inf
        allowed = np.where(caps.full, -np.inf, wanted)
        return int(np.argmax(allowed if np.isfinite(allowed).any() else wanted))

    def _explored(self, ask: Asked, batch: Batch, chance: np.random.Generator) -> dict[int, tuple[int, float]]:
        """Place on the page: (place in the batch, with which probability it was drawn)."""
        shown = ask.learner.counts.shown[batch.rows]
        far = np.ones(len(batch.rows), np.bool_)
        far[np.argsort(-batch.values, kind="stable")[: ask.limit]] = False  # what is likely to be placed anyway explores nothing
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


def _placed(batch: Batch, at: int, sources: Sequence[str], layout: Layout, index: int, how: tuple[str, float, float]) -> Placed:
    team, value, propensity = how
    terms = {name: float(term[at]) for name, term in batch.terms.items()}
    if team == "challenger" and batch.rival is not None:
        terms[WORTH] = float(batch.rival[at])
    again = int(layout.repeats[index])
    if again:
        terms["author again"] = values().limits.author_again * again
    return Placed(
        int(batch.rows[at]),
        sources[int(batch.sources[at])],
        float(value) + terms.get("author again", 0.0),
        terms,
        propensity,
        team,
    )
