"""People who let the feed learn: their acts, and what they were shown."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from bowerbird.feed import tastes
from bowerbird.feed.acts import SERVED_ACT_MS_MAX, Act
from bowerbird.feed.catalogue import Catalogue
from bowerbird.feed.tastes import Taste

ACTS_MAX, SERVED_MAX = 1_200, 3_000


@dataclass(slots=True)
class Person:
    """The acts of somebody who lets the feed learn, sorted by id; everything else follows from them."""

    id: int
    born_ms: int
    acts: list[Act] = field(default_factory=list[Act])
    served: dict[int, tuple[int, int, int]] = field(default_factory=dict[int, tuple[int, int, int]])  # row: (slate, place, at)
    times_served: dict[int, int] = field(default_factory=dict[int, int])
    newest_id: int = 0  # of everything that was read of them
    served_id: int = 0  # of the latest page that was shown to them
    forgotten: tuple[int, int] | None = None  # what they had had forgotten when their acts were read
    seen: set[int] = field(default_factory=set[int])  # rows looked at or acted on
    _taste: Taste | None = None
    _taste_size: int = 0
    _earlier: Person | None = None
    recent: list[int] = field(default_factory=list[int])  # rows of the latest likings, newest first; what neighbours read
    variety: float | None = None  # of `recent`, while it stands: how many voices they speak with

    def take(self, act: Act) -> None:
        """Remember an act; ones that come late find their place. The oldest go."""
        bisect.insort(self.acts, act)
        if len(self.acts) > ACTS_MAX:
            del self.acts[: len(self.acts) - ACTS_MAX]
            self._earlier = None
        self._taste = None
        if act.id <= self.served_id:
            self._earlier = None

    def serve(self, act: Act, rows: Iterable[int]) -> None:
        """Remember a slate that was shown."""
        self.served_id, self._earlier = max(self.served_id, act.id), None
        for place, row in enumerate(rows):
            if row not in self.served or self.served[row][2] <= act.at_ms:  # pages of two tabs may come in either order
                self.served[row] = (act.slate_id, place, act.at_ms)
            self.times_served[row] = self.times_served.get(row, 0) + 1
        while len(self.served) > SERVED_MAX:
            gone = next(iter(self.served))
            del self.served[gone]
            self.times_served.pop(gone, None)

    def was_served(self, row: int, at_ms: int) -> bool:
        """Whether a post was shown to them lately, so that what they do with it may teach others."""
        found = self.served.get(row)
        return found is not None and 0 <= at_ms - found[2] <= SERVED_ACT_MS_MAX

    def forget(self, act_ids: set[int]) -> None:
        """Drop acts, as if they had never been."""
        self.acts = [act for act in self.acts if act.id not in act_ids]
        self._taste = self._earlier = None

    def taste(self, catalogue: Catalogue) -> Taste:
        """What their acts come to."""
        if self._taste is None or self._taste_size != catalogue.size:
            self._taste, self._taste_size = tastes.read(self.acts, catalogue), catalogue.size
        return self._taste

    def changed(self) -> None:
        """A meaning that was read only now may change what the acts come to."""
        self._taste = self._earlier = None

    @property
    def since(self) -> list[Act]:
        """What they did after the latest page that was shown to them."""
        return self.acts[bisect.bisect_right(self.acts, self.served_id, key=lambda act: act.id) :]

    def earlier(self, catalogue: Catalogue) -> Person:
        """Themselves, without what they did after the latest page that was shown to them."""
        if self._earlier is None:
            since = self.since
            acts = self.acts[: len(self.acts) - len(since)]
            new = {act.post_id for act in since} - {act.post_id for act in acts if not act.undone}
            seen = self.seen - {catalogue.row_of[id_] for id_ in new if id_ in catalogue.row_of}
            self._earlier = Person(
                self.id, self.born_ms, acts, self.served, self.times_served, self.newest_id, self.served_id, seen=seen
            )
        return self._earlier
