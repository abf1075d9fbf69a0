"""Laying out a page: the best first, but not all from one interest, one act or one author, not all alike, and some places for what few have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import features
from bowerbird.feed.asked import NOBODY, Asked
from bowerbird.feed.catalogue import Floats
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.scorers import WORTH
from bowerbird.feed.values import values

POOL = 150
ALIKE_AUTHOR = 0.3  # how alike two posts are for being by the same author
INTEREST_MIN = 0.38  # cosine from which a post belongs to an interest
EXPLORED_SHOWN_MAX = 40  # posts shown less often may stand at a place for exploring
SHARPNESS = 4.0  # of the draw for those places
RESIDUE_MIN = 1e-3


@dataclass(slots=True)
class Layout:
    """A page in the making: places of the pool that were taken, and what each further one would repeat."""

    vectors: Floats
    authors: NDArray[np.int32]
    residue: NDArray[np.float64]  # how much of each post is not yet said by those taken (1: all)
    repeats: NDArray[np.float64]  # how many of those taken are by the same author
    rows: list[NDArray[np.float64]] = field(default_factory=list[NDArray[np.float64]])  # of the Cholesky factor
    taken: list[int] = field(default_factory=list[int])

    def take(self, place: int) -> None:
        """Take one: the greedy step of a determinantal point process (Chen et al., "Fast greedy MAP inference", 2018)."""
        alike = (1 - ALIKE_AUTHOR) * (self.vectors @ self.vectors[place]) + ALIKE_AUTHOR * (self.authors == self.authors[place])
        alike[place] = 1.0
        row = alike.astype(np.float64)
        for earlier in self.rows:
            row -= earlier * earlier[place]
        row /= np.sqrt(max(self.residue[place], RESIDUE_MIN))
        self.residue = np.maximum(self.residue - row * row, RESIDUE_MIN)
        self.rows.append(row)
        self.repeats = self.repeats + (self.authors == self.authors[place])
        self.taken.append(place)


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
        caps = _Caps(ask, batch, pool)
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

    def _best(self, layout: Layout, worth: NDArray[np.float64], caps: _Caps) -> int:
        limits = values().limits
        wanted = worth + limits.author_again * layout.repeats + limits.diversity * 0.5 * np.log(layout.residue)
        wanted[layout.taken] = -np.inf
        allowed = np.where(caps.full(), -np.inf, wanted)
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


class _Caps:
    """How much of a page may come from one interest, and because of one act."""

    def __init__(self, ask: Asked, batch: Batch, pool: NDArray[np.int64]) -> None:
        limits, taste = values().limits, ask.who.taste
        rows = batch.rows[pool]
        vectors = ask.learner.catalogue.vectors[rows]
        self._group = np.full(len(pool), -1)
        self._most: list[int] = []
        if taste.interests:
            cosines = vectors @ np.stack([one.centre for one in taste.interests], axis=1)
            self._group = np.where(cosines.max(axis=1) >= INTEREST_MIN, cosines.argmax(axis=1), -1)
            for one in taste.interests:
                share = limits.single_act_share if len(one.act_ids) == 1 else limits.interest_share
                self._most.append(max(1, int(share * ask.limit)))
        if ask.person_id != NOBODY and len(taste.liked) == 1:  # everything that is personal comes from one act
            x = np.stack([ask.features[int(row)] for row in rows]) if ask.features else np.zeros((len(rows), 1), np.float32)
            personal = [
                features.NAMES.index(name) for name in ("co_liked", "near_liked", "author_liked", "same_tree", "topics_liked")
            ]
            self._group = np.where((x[:, personal] > 0.2).any(axis=1), 0, -1) if ask.features else self._group
            self._most = [max(1, int(limits.single_act_share * ask.limit))]
        self._used = [0] * len(self._most)

    def full(self) -> NDArray[np.bool_]:
        """Which of the pool would be too many of their kind."""
        closed = [number for number, used in enumerate(self._used) if used >= self._most[number]]
        return np.isin(self._group, closed)

    def take(self, index: int) -> None:
        """One was placed."""
        group = int(self._group[index])
        if group >= 0:
            self._used[group] += 1


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
