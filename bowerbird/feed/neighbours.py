"""Who liked what you liked, and what else they did: session nearest neighbours over people (Jannach and Ludewig, "When recurrent neural
networks meet the neighborhood for session-based recommendation", 2017), read from their latest likings when asked, so that nothing has
to be taken back when somebody withdraws."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Catalogue, Floats, Rows
from bowerbird.feed.persons import Person

LIKERS_MAX = 200  # kept of each post, the latest
RECENT_MAX = 50  # likings of a neighbour that are read
MINE_MAX = 50
NEIGHBOURS_MAX = 120
FADE = 0.93  # a like counts this much less for each later one


@dataclass(frozen=True, slots=True)
class CoLiked:
    """What people who liked the same liked too: rows, how strongly (0 to 1), and how many people say so."""

    rows: Rows
    strength: Floats
    people: Floats


NOTHING = CoLiked(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.float32))


class Neighbours:
    """Who liked each post; a person's own latest likings stand with the person."""

    def __init__(self, catalogue: Catalogue, persons: dict[int, Person]) -> None:
        self._catalogue, self._persons = catalogue, persons
        self.likers: dict[int, list[int]] = {}

    def like(self, row: int, person: Person) -> None:
        """Somebody took to a post that was shown to them."""
        if row in person.recent:
            person.recent.remove(row)
        else:
            likers = self.likers.setdefault(row, [])
            likers.append(person.id)
            if len(likers) > LIKERS_MAX:
                del likers[0]
        person.recent.insert(0, row)
        for oldest in person.recent[
            RECENT_MAX * 2 :
        ]:  # nobody is told to like what their own list forgot: it could not be taken back
            self._leave(oldest, person)
        del person.recent[RECENT_MAX * 2 :]
        person.variety = None

    def unlike(self, row: int, person: Person) -> None:
        """They took it back."""
        if row in person.recent:
            person.recent.remove(row)
            person.variety = None
        self._leave(row, person)

    def _leave(self, row: int, person: Person) -> None:
        likers = self.likers.get(row)
        if likers and person.id in likers:
            likers.remove(person.id)

    def of(self, person: Person) -> CoLiked:
        """What neighbours of a person liked that the person has not. Neighbours whose likings all go to the same few authors speak softly:
        a ring of accounts that like each other is one voice, not many."""
        mine = [one.row for one in person.taste(self._catalogue).liked[-MINE_MAX:]][::-1]
        similarity: dict[int, float] = defaultdict(float)
        for place, row in enumerate(mine):
            likers = self.likers.get(row, ())
            weight = FADE**place / math.log2(2 + len(likers))
            for other in likers:
                similarity[other] += weight
        similarity.pop(person.id, None)
        if not similarity:
            return NOTHING
        best = heapq.nlargest(NEIGHBOURS_MAX, ((value * self.voice(other), other) for other, value in similarity.items()))
        theirs = [self._persons[other].recent[:RECENT_MAX] for _, other in best]
        said = np.repeat([value for value, _ in best], [len(rows) for rows in theirs])
        rows, place = np.unique(np.fromiter(chain.from_iterable(theirs), np.int32, len(said)), return_inverse=True)
        others = ~np.isin(rows, mine)
        whole = sum(value for value, _ in best) + 0.5  # the half is what one neighbour alone cannot outweigh
        strength, people = np.bincount(place, said) / whole, np.bincount(place)
        return CoLiked(rows[others], strength[others].astype(np.float32), people[others].astype(np.float32))

    def recent(self, other: int) -> list[int]:
        """Rows of somebody's latest likings, newest first."""
        return self._persons[other].recent

    def liked_by(self, ids: frozenset[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows, how many of these people liked each lately)."""
        rows = [row for id_ in ids if id_ in self._persons for row in self._persons[id_].recent[:RECENT_MAX]]
        return np.unique(np.array(rows, np.int64), return_counts=True)

    def voice(self, other: int) -> float:
        """How loudly a neighbour speaks: softer the more they like, and the fewer authors it goes to."""
        return (
            self.variety(other) / math.sqrt(min(RECENT_MAX, len(self._persons[other].recent)) + 4.0)
            if other in self._persons
            else 0.05
        )

    def variety(self, other: int) -> float:
        """0.05 to 1, by the share of different authors among somebody's latest likings: a ring that likes its own is one voice."""
        person = self._persons.get(other)
        if person is None or not person.recent:
            return 0.05
        if person.variety is None:
            rows = person.recent[:RECENT_MAX]
            authors = len(np.unique(self._catalogue.authors[rows]))
            person.variety = max(0.05, min(1.0, authors / (0.5 * len(rows) + 0.5)))
        return person.variety

    def because(self, person: Person, row: int) -> tuple[int, int] | None:
        """(row of one of the person's likings, people): the liking that most of those share who liked `row` too. None without any."""
        fans = set(self.likers.get(row, ())) - {person.id}
        best: tuple[int, int] | None = None
        for one in person.taste(self._catalogue).liked[-MINE_MAX:]:
            together = len(fans.intersection(self.likers.get(one.row, ())))
            if together and (best is None or together >= best[1]):
                best = (one.row, together)
        return best
