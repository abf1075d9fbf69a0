"""What a night would have foretold of people, as For You reads it: by where they stand among its vectors, and by what goes with what they took."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.nights import Night
from bowerbird.learning.ranker.exam import Score
from bowerbird.learning.ranker.taken import Ints, Rows, Taken
from bowerbird.learning.ranker.vectors import solved


def by_vectors(before: Taken, night: Night) -> Score:
    """Scores of everything in `before`; posts that the night does not know come last."""
    places, taken = _places(before, night), _known(before, night)
    points = np.zeros((len(before.people), night.vectors.shape[1]), np.float32)
    solved(taken, night.vectors, points, night.l2, night.alpha)

    def score(who: Ints) -> NDArray[np.float64]:
        found = np.full((len(who), len(before.posts)), -np.inf)
        found[:, places >= 0] = points[who] @ night.vectors[places[places >= 0]].T
        return found

    return score


def by_neighbours(before: Taken, night: Night) -> Score:
    """The same by what goes with what they took."""
    places, taken = _places(before, night), _known(before, night)

    def score(who: Ints) -> NDArray[np.float64]:
        found = np.full((len(who), len(before.posts)), -np.inf)
        for n, person in enumerate(who):
            mine = taken.row(int(person))
            near, how = night.neighbours[mine].ravel(), night.weights[mine].ravel()
            said = np.bincount(near[near >= 0], how[near >= 0], len(night.posts))
            found[n, places >= 0] = said[places[places >= 0]]
        return found

    return score


def _places(before: Taken, night: Night) -> Ints:
    """[posts of `before`]: where each stands in the night, -1 for nowhere."""
    order = np.argsort(night.posts, kind="stable")
    at = np.minimum(np.searchsorted(night.posts[order], before.posts), len(order) - 1)
    return np.where(night.posts[order[at]] == before.posts, order[at], -1)


def _known(before: Taken, night: Night) -> Rows:
    """Who took what, by the places of the night."""
    places = _places(before, night)[before.items]
    known = places >= 0
    return Rows.of(before.users[known], places[known], before.weights[known], len(before.people), len(night.posts))
