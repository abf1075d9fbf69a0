"""What people went on to who liked what you liked just now: where a liking of theirs meets one of yours, what stands near it in their own order
counts, what they came to after it more than what went before. After V-SKNN (Ludewig and Jannach, "Evaluation of session-based
recommendation algorithms", 2018). Read from people's latest likings when asked, so that nothing has to be taken back when somebody withdraws."""

from __future__ import annotations

import math
from itertools import chain

import numpy as np

from bowerbird.feed.catalogue import Catalogue
from bowerbird.feed.neighbours import NOTHING, CoLiked, Neighbours
from bowerbird.feed.persons import Person

MINE_MAX = 12  # own likings that are met, the latest
LIKERS_MAX = 40  # people met at each, the latest
REACH = 8  # likings before and after the one that was met
NEAR = 0.8  # what stands one further away counts this much less
EARLIER = 0.5  # what went before it says less of what comes next
FADE = 0.75  # own likings count this much less for each later one
STALE = 0.98  # somebody who met it counts this much less for each who met it later
DOUBT = 0.3  # what one meeting alone cannot outweigh
KERNEL = np.array(
    [(1.0 if step < 0 else EARLIER) * NEAR ** (abs(step) - 1) if step else 0.0 for step in range(-REACH, REACH + 1)]
)


def of(person: Person, neighbours: Neighbours, catalogue: Catalogue) -> CoLiked:
    """What others went on to from a person's latest likings: rows, how strongly (0 to 1), and how many meetings say so."""
    mine = [one.row for one in person.taste(catalogue).liked[-MINE_MAX:]][::-1]
    stretches: list[list[int]] = []
    weights: list[float] = []
    begins: list[int] = []  # of each stretch: where in KERNEL it begins
    for place, row in enumerate(mine):
        likers = neighbours.likers.get(row, ())
        rare = FADE**place / math.log2(2 + len(likers))
        for rank, other in enumerate(likers[: -LIKERS_MAX - 1 : -1]):
            if other == person.id:
                continue
            recent = neighbours.recent(other)
            at = recent.index(row)
            begin = max(0, at - REACH)
            stretches.append(recent[begin : at + REACH + 1])
            begins.append(begin - at + REACH)
            weights.append(rare * STALE**rank * neighbours.variety(other))
    if not stretches:
        return NOTHING
    lengths = np.array([len(one) for one in stretches])
    found = np.fromiter(chain.from_iterable(stretches), np.int32, int(lengths.sum()))
    ends = np.cumsum(lengths, dtype=np.int64)
    steps = np.arange(len(found)) - np.repeat(ends - lengths - np.array(begins), lengths)
    said = np.repeat(weights, lengths) * KERNEL[steps]
    rows, where = np.unique(found, return_inverse=True)
    others = ~np.isin(rows, mine)
    strength, people = np.bincount(where, said) / (sum(weights) + DOUBT), np.bincount(where)
    return CoLiked(rows[others], np.minimum(strength[others], 1.0).astype(np.float32), people[others].astype(np.float32))
