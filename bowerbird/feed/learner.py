"""The one writer of what the feed knows. It takes acts from the log, in any order and as often as they come, and its state is a pure function of
which acts stand: people, counts and neighbours at once, the heads in the order of the log, a few seconds behind."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np

from bowerbird.core import ids
from bowerbird.feed import rising
from bowerbird.feed.acts import DWELL_S_MIN, HEADS, STRENGTH, Act, Head, trust
from bowerbird.feed.catalogue import Catalogue, Item, Rows
from bowerbird.feed.counts import Counts
from bowerbird.feed.lessons import Lessons
from bowerbird.feed.nearest import Nearest
from bowerbird.feed.neighbours import Neighbours
from bowerbird.feed.nightly import Nightly
from bowerbird.feed.persons import Person
from bowerbird.feed.received import Received

TEACHES_OTHERS: frozenset[str] = frozenset(HEADS)
TAKEN_TO = frozenset(kind for kind, strength in STRENGTH.items() if strength >= 1.0)


class Learner:
    """Everything that was learned. `active` are the rows that something happened to lately."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or Catalogue()
        self.counts = Counts(self.catalogue)
        self.persons: dict[int, Person] = {}
        self.neighbours = Neighbours(self.catalogue, self.persons)
        self.nearest = Nearest(self.catalogue)
        self.nightly = Nightly(self.catalogue)
        self.lessons = Lessons(self.catalogue)
        self.active: dict[int, int] = {}  # row: when something happened last
        self.received = Received(self.catalogue, self.counts, self.active)
        self.trees: dict[int, list[int]] = {}  # root picture: the rows that show a picture of its tree
        self._rising: tuple[int, Rows] = (-1, np.zeros(0, np.int32))
        self.newest_ms = 0
        self.version = 0
        self._taken: set[int] = set()  # ids of all acts that count: each is learned from once, however often it comes
        self._added: dict[int, dict[tuple[int, str], tuple[int, int, int]]] = {}  # person: (row, kind): (act, at, weight)

    def person(self, id_: int) -> Person:
        """Somebody who lets the feed learn; a new page for one it does not know."""
        found = self.persons.get(id_)
        if found is None:
            found = self.persons[id_] = Person(id_, int(ids.at(id_).timestamp() * 1000) if id_ > 2**40 else 0)
        return found

    def add(self, item: Item) -> int:
        """A post comes into the house, or changes; its row."""
        is_new, had = item.id not in self.catalogue.row_of, item.vector is not None
        row = self.catalogue.add(item)
        if is_new and item.root_id:
            self.trees.setdefault(item.root_id, []).append(row)
        if not is_new and had:  # a meaning that was read late may change whose taste it speaks to
            for person_id in self.neighbours.likers.get(row, ()):
                self.persons[person_id].changed()
        return row

    def rising(self, now_ms: int) -> Rows:
        """Up to RISING_MAX posts that come of most for how often they were shown, the strongest first; at most two seconds old."""
        if self._rising[0] != now_ms // 2000:
            self._rising = (now_ms // 2000, rising.rows(self.catalogue, self.counts, self.active, now_ms))
        return self._rising[1]

    def knows(self, act: Act) -> bool:
        """Whether an act was taken already."""
        return act.id in self._taken

    def take(self, act: Act) -> bool:
        """Learn from one act; False where it was taken already."""
        if act.id in self._taken:
            return False
        self._taken.add(act.id)
        self.newest_ms = max(self.newest_ms, act.at_ms)
        self.version += 1
        person = self.person(act.person_id)
        person.newest_id = max(person.newest_id, act.id)
        if act.kind == "served":
            self._serve(person, act)
        else:
            late = bool(person.acts) and act.id < person.acts[-1].id
            person.take(act)
            if late:  # an act that was taken back before it came in: what they did is gone through anew, in its order
                self._again(person)
            else:
                self._learn(person, act)
        self.lessons.take(act)
        return True

    def _serve(self, person: Person, act: Act) -> None:
        rows = list(dict.fromkeys(self.catalogue.row_of[id_] for id_ in act.served if id_ in self.catalogue.row_of))
        person.serve(act, rows)
        weight = trust(person.born_ms, act.at_ms)
        self.counts.show(np.array(rows, np.int32), act.at_ms, weight)
        added, kind = self._added.setdefault(person.id, {}), f"served {act.id}"
        for row in rows:
            added[row, kind] = (act.id, act.at_ms, weight)
            self._touch(row, act.at_ms)

    def _learn(self, person: Person, act: Act) -> None:
        """What others learn from an act: only of posts that were shown to who acted, one act a kind."""
        row = self._row(person, act)
        if row is None or int(self.catalogue.authors[row]) == self.catalogue.author_row.get(person.id):
            return
        if not act.undone:
            person.seen.add(row)
        if act.kind in TEACHES_OTHERS and not (act.kind == "dwell" and act.seconds < DWELL_S_MIN):
            if act.undone:
                self._take_back(person.id, row, act.kind)
            elif person.was_served(row, act.at_ms):
                self._count(person, row, act)
        if act.kind in TAKEN_TO:
            if act.undone and not any(one.row == row for one in person.taste(self.catalogue).liked):
                self.neighbours.unlike(row, person)
            elif not act.undone and person.was_served(row, act.at_ms):
                self.neighbours.like(row, person)

    def _row(self, person: Person, act: Act) -> int | None:
        """The post an act is about: of a follow, the post of theirs that was shown last."""
        if act.post_id:
            return self.catalogue.row_of.get(act.post_id)
        author = self.catalogue.author_row.get(act.author_id)
        if author is None or act.kind not in ("follow", "block"):
            return None
        shown = [row for row in self.catalogue.by_author[author] if person.was_served(row, act.at_ms)]
        return max(shown, key=lambda row: person.served[row][2], default=None)

    def _count(self, person: Person, row: int, act: Act) -> None:
        added = self._added.setdefault(person.id, {})
        if (row, act.kind) in added:
            return
        weight = trust(person.born_ms, act.at_ms)
        added[row, act.kind] = (act.id, act.at_ms, weight)
        self.counts.add(row, act.kind, act.at_ms, weight)
        self._touch(row, act.at_ms)

    def _touch(self, row: int, at_ms: int) -> None:
        """Something happened to a post: it stands last among the active ones."""
        self.active.pop(row, None)
        self.active[row] = at_ms

    def _take_back(self, person_id: int, row: int, kind: str) -> None:
        found = self._added.get(person_id, {}).pop((row, kind), None)
        if found:
            self.counts.add(row, cast(Head, kind), found[1], found[2], -1)

    def forget(self, person_id: int, act_ids: set[int] | None = None) -> None:
        """Unlearn somebody, or some acts of theirs, as if these had never been. The heads are to be taught anew after it (`lessons.stale`)."""
        person = self.persons.get(person_id)
        if person is None:
            return
        self.lessons.forget(person_id, act_ids)
        if act_ids is not None:
            gone = [one for one in person.acts if one.id in act_ids]
            person.forget(act_ids)
            self._again(person, gone)
            return
        self._unlearn(person, {act.id for act in person.acts})
        added = self._added.pop(person_id, {})
        for (row, kind), (act_id, at_ms, weight) in added.items():
            self.counts.add(row, cast(Head, kind.partition(" ")[0]), at_ms, weight, -1)
            self._taken.discard(act_id)
        self._taken.difference_update(act.id for act in person.acts)
        del self.persons[person_id]

    @contextmanager
    def without(self, person: Person, acts: Sequence[Act]) -> Generator[None]:
        """While it lasts, what others learned of these acts of somebody, their latest, is not known; then it is again, to the bit."""
        mine, rows = self._added.get(person.id, {}), {act.id: self._row(person, act) for act in acts}
        keys = {(row, act.kind) for act in acts if (row := rows[act.id]) is not None}
        counted = [(row, kind, mine[row, kind]) for row, kind in keys if (row, kind) in mine and mine[row, kind][0] in rows]
        before = {act.post_id for act in person.acts if act.kind in TAKEN_TO and act.id not in rows}
        taken_to = {rows[act.id] for act in acts if act.kind in TAKEN_TO and act.post_id not in before}
        likers = {row: self.neighbours.likers[row] for row in taken_to if row is not None and row in self.neighbours.likers}
        for row, kind, (_, at_ms, weight) in counted:
            self.counts.add(row, cast(Head, kind), at_ms, weight, -1)
        for row, people in likers.items():
            self.neighbours.likers[row] = [id_ for id_ in people if id_ != person.id]
        try:
            yield
        finally:
            self.neighbours.likers.update(likers)
            for row, kind, (_, at_ms, weight) in counted:
                self.counts.add(row, cast(Head, kind), at_ms, weight)

    def _unlearn(self, person: Person, act_ids: set[int]) -> None:
        """Take away what others learned of these acts of somebody; pages that were shown to them stay shown."""
        for row in person.recent:
            likers = self.neighbours.likers.get(row, [])
            if person.id in likers:
                likers.remove(person.id)
        person.recent, person.seen, person.variety = [], set(), None
        added = self._added.get(person.id, {})
        for (row, kind), (act_id, at_ms, weight) in list(added.items()):
            if act_id in act_ids and not kind.startswith("served"):
                del added[row, kind]
                self.counts.add(row, cast(Head, kind), at_ms, weight, -1)

    def _again(self, person: Person, gone: Sequence[Act] = ()) -> None:
        """Learn from somebody's acts anew, in their order; of those that are gone nothing stays."""
        self._unlearn(person, {act.id for act in (*person.acts, *gone)})
        for act in person.acts:
            self._learn(person, act)

    @property
    def digests(self) -> dict[str, str]:
        """Of everything that was learned, part by part: two learners that were told the same have the same."""
        size, ids_ = self.catalogue.size, self.catalogue.ids
        order = np.argsort(ids_[:size])
        order = order[self.catalogue.alive[order]]  # what is gone is counted nowhere any more, and after a restart not known
        known = sorted(id_ for id_, person in self.persons.items() if person.acts)
        tastes = {id_: self.persons[id_].taste(self.catalogue) for id_ in known}
        liked = [(id_, [(int(ids_[one.row]), one.strength) for one in taste.liked]) for id_, taste in tastes.items()]
        shown = [
            sorted((int(ids_[row]), *when) for row, when in person.served.items()) for _, person in sorted(self.persons.items())
        ]
        centres = [one.centre.tobytes() for taste in tastes.values() for one in taste.interests]
        likers = {int(ids_[row]): sorted(people) for row, people in self.neighbours.likers.items() if people}
        parts = {
            "counts": self.counts.posts[:size][order].tobytes() + self.counts.shown[:size][order].tobytes(),
            "people": repr((liked, [one for one in shown if one])).encode() + b"".join(centres),
            "neighbours": repr(sorted(likers.items())).encode(),
        }
        return {name: hashlib.sha256(part).hexdigest()[:16] for name, part in parts.items()} | {
            "heads": self.lessons.heads.digest
        }
