"""A page does not jump: of the next one, a thing done to one post moves at most `single_act_share`, not counting what it takes off the page.

What somebody did since a page was shown to them last is put aside and the page laid out that would have been; it is the last of the sources. The
page that is shown keeps to it (`Bounds`), but for two places of twenty for each post that something was done to since. So nearly equal posts do
not change places all down the page, and a taste moves by what one does more than once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import readers
from bowerbird.feed.asked import Asked
from bowerbird.feed.catalogue import Rows
from bowerbird.feed.pipeline import Pipeline
from bowerbird.feed.sources import NONE


@dataclass(frozen=True)
class Steady:
    """What would stand on the page without what was done since the last one."""

    pipeline: Pipeline[Asked]
    name: str = "steady"

    def rows(self, ask: Asked) -> Rows:
        """The page that would have been, in its order; nothing where so much was done that all of it may move."""
        person, learner = ask.who.person, ask.learner
        acts, ask.steady = person.since, None
        most = moves(ask) if acts else ask.limit
        if most >= ask.limit:
            return NONE
        then, refused = person.earlier(learner.catalogue), {act.post_id for act in acts if act.kind == "hide"}
        ties = replace(ask.who.ties, hidden=tuple(id_ for id_ in ask.who.ties.hidden if id_ not in refused))
        with learner.without(person, acts):
            who = readers.reader(then, ties, learner.catalogue, learner.neighbours, learner.nightly, ask.now_ms)
            placed, _ = self.pipeline.run(replace(ask, who=who, features={}))
        ask.steady, ask.moves = placed, most
        return np.array([one.row for one in placed], np.int32)


def moves(ask: Asked) -> int:
    """How many places may change: so many for each post whose standing with somebody changed since a page was shown to them last."""
    person, catalogue = ask.who.person, ask.learner.catalogue
    now, then = ask.who.taste, person.earlier(catalogue).taste(catalogue)
    if (now.liked, now.turned_from) == (then.liked, then.turned_from):
        return ask.limit  # nothing was said
    felt, had = ({one.row: one.strength for one in (*taste.liked, *taste.turned_from)} for taste in (now, then))
    done_to = {catalogue.row_of.get(act.post_id, -1) for act in person.since}
    share = ask.champion.values.limits.single_act_share
    return math.ceil(share * ask.limit) * max(1, sum(felt.get(row) != had.get(row) for row in done_to))


class Bounds:
    """While a page is laid out: which of the pool may still come."""

    def __init__(self, ask: Asked, rows: Rows, drawn: NDArray[np.bool_]) -> None:
        """`rows` of the pool; those `drawn` for exploring come at their own places alone."""
        steady = ask.steady
        self._standing = np.isin(rows, [one.row for one in steady]) if steady is not None else np.ones(len(rows), np.bool_)
        # what was done took some off the page: their places are free beside
        self._most = ask.moves + len(steady) - int(self._standing.sum()) if steady is not None else 0
        self._drawn = drawn
        self.closed = drawn if self._most else ~self._standing | drawn

    def take(self, index: int) -> None:
        """One was placed."""
        if not self._standing[index]:
            self._most -= 1
            if not self._most:
                self.closed = ~self._standing | self._drawn
