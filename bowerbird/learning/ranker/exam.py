"""What a model is held against: the last act of each of some people, which it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.learning.ranker.taken import Floats, Ints, Rows, Taken

HELD_OUT_MAX = 5_000  # people whose last act is foretold for the figures
Score = Callable[[Ints], NDArray[Any]]  # people's numbers -> their scores of everything [people, items]


@dataclass(frozen=True, slots=True)
class Exam:
    """The last act of each of some people, which the models have not seen: in order, with what there is to learn from before it."""

    before: Taken
    people: Ints
    answers: Ints
    times_ms: Ints  # of the answers

    @classmethod
    def of(cls, taken: Taken) -> Exam:
        """The newest thing of everyone who took at least three; of HELD_OUT_MAX people at most, evenly chosen."""
        order = np.lexsort((taken.items, taken.times_ms, taken.users))
        last = order[np.append(np.diff(taken.users[order]) > 0, True)] if len(order) else order
        counts = np.bincount(taken.users, minlength=len(taken.people))
        last = last[counts[taken.users[last]] >= 3]
        last = last[:: max(1, -(-len(last) // HELD_OUT_MAX))]
        rest = np.ones(len(taken.users), np.bool_)
        rest[last] = False
        return cls(taken.only(rest), taken.users[last], taken.items[last], taken.times_ms[last])

    def marked(self, score: Score) -> dict[str, float]:
        """Of all that they had not taken, was it among the first 20, and how far up: {"hr@20", "ndcg@20"}."""
        gains, many = self.gains(score), max(1, len(self.people))
        return {"hr@20": round(int((gains > 0).sum()) / many, 5), "ndcg@20": round(float(gains.sum()) / many, 5)}

    def gains(self, score: Score) -> NDArray[np.float64]:
        """[people]: how far up it was among the first 20 (NDCG), 1 for the very first, 0 for none of them."""
        mine = Rows.of(self.before.users, self.before.items, None, len(self.before.people), len(self.before.posts))
        gains = np.zeros(len(self.people))
        for start in range(0, len(self.people), 256):
            who, answers = self.people[start : start + 256], self.answers[start : start + 256]
            scores = np.array(score(who), np.float64)
            for n, person in enumerate(who):
                scores[n, mine.row(int(person))] = -np.inf
            own = scores[np.arange(len(who)), answers]
            # what scores the same stands before it: a model that says nothing must not be praised
            above = (scores >= own[:, None]).sum(axis=1) - 1
            gains[start : start + 256] = np.where(above < 20, 1 / np.log2(np.minimum(above, 20) + 2), 0)
        return gains


def ease_score(taken: Taken, weights: Floats) -> Score:
    """Everyone's scores by EASE."""
    mine = Rows.of(taken.users, taken.items, None, len(taken.people), len(taken.posts))
    return lambda who: np.stack([weights[mine.row(int(person))].sum(axis=0) for person in who])


def popular_score(taken: Taken) -> Score:
    """The same for everyone: how many took it."""
    counts = np.bincount(taken.items, minlength=len(taken.posts)).astype(np.float64)
    return lambda who: np.tile(counts, (len(who), 1))
