"""What the heads are taught, in the order of the log: a shown post that somebody acted on at once; one that nothing was done with when they go on
to another page, or after ten minutes, as far down the page as they looked. Acts wait here a few seconds, so that the order never depends on
which transaction was first."""

from __future__ import annotations

import bisect
from collections import deque
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import DWELL_S_MIN, HEADS, SERVED_ACT_MS_MAX, Act, Head
from bowerbird.feed.catalogue import Catalogue, Floats
from bowerbird.feed.heads import Heads
from bowerbird.feed.values import values

WAIT_MS = 5_000
CLOSE_MS = 600_000
OPEN_MAX = 20_000
NUMBER: dict[str, int] = {head: number for number, head in enumerate(HEADS)}


@dataclass(slots=True)
class Shown:
    """A slate whose outcome is not settled yet."""

    slate_id: int
    person_id: int
    at_ms: int
    posts: tuple[int, ...]
    features: Floats
    happened: NDArray[np.bool_]  # [posts, heads]
    looked: int = -1  # the place furthest down that somebody did something with
    settled: int = 0  # "nothing came of it" was taught of all places before this one


class Lessons:
    """The heads, and what is still to be taught to them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.heads = Heads(values().prior())
        self._catalogue = catalogue
        self._waiting: list[Act] = []
        self._slates: dict[int, Shown] = {}  # by slate id, oldest first
        self._open: deque[Shown] = deque()  # those of them that are not closed
        self._last: dict[tuple[int, int], int] = {}  # (person, post): the slate that showed it last
        self._newest: dict[int, int] = {}  # person: their last slate
        self.features: dict[int, Floats] = {}  # of slates that were served and not taught yet
        self.done_ms = 0  # everything up to this moment was taught
        self.stale = False  # something was unlearned, or came too late: to be taught anew from the log

    def take(self, act: Act) -> None:
        """An act comes in; it is taught when everything before it must have come in too."""
        if act.at_ms <= self.done_ms:
            self.stale = True
            return
        place = bisect.bisect_left(self._waiting, act)
        if place == len(self._waiting) or self._waiting[place].id != act.id:
            self._waiting.insert(place, act)

    def forget(self, person_id: int, act_ids: set[int] | None) -> None:
        """Somebody, or some acts, are not to be taught; where they were, the heads have to begin anew."""
        self._waiting = [a for a in self._waiting if a.person_id != person_id or (act_ids is not None and a.id not in act_ids)]
        self.stale = True

    def teach(self, now_ms: int) -> int:
        """Teach everything that is WAIT_MS old; how many steps."""
        before = self.heads.steps
        until = now_ms - WAIT_MS
        count = bisect.bisect_right(self._waiting, until, key=lambda act: act.at_ms)
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        for act in ready:
            self._close(act.at_ms)
            self._teach(act)
        self._close(until)
        self.done_ms = max(self.done_ms, until)
        return self.heads.steps - before

    def _teach(self, act: Act) -> None:
        if act.kind == "served":
            x = self.features.pop(act.slate_id, None)
            self._settle(self._slates.get(self._newest.get(act.person_id, 0)))
            if x is None or len(x) != len(act.served):
                return
            self._newest[act.person_id] = act.slate_id
            shown = Shown(act.slate_id, act.person_id, act.at_ms, act.served, x, np.zeros((len(x), len(HEADS)), np.bool_))
            self._slates[act.slate_id] = shown
            self._open.append(shown)
            for post_id in act.served:
                self._last[act.person_id, post_id] = act.slate_id
            if len(self._slates) > OPEN_MAX:
                self._drop(next(iter(self._slates)))
            return
        shown, place = self._where(act)
        if shown is None or act.undone:
            return
        shown.looked = max(shown.looked, place)
        if act.kind not in NUMBER or (act.kind == "dwell" and act.seconds < DWELL_S_MIN):
            return
        head = NUMBER[cast(Head, act.kind)]
        if shown.happened[place, head] or act.at_ms - shown.at_ms > SERVED_ACT_MS_MAX:
            return
        shown.happened[place, head] = True
        which = np.zeros((1, len(HEADS)), np.bool_)
        which[0, head] = True
        # one that was taught as "nothing came of it" is corrected by twice the step
        self.heads.teach(
            shown.features[place : place + 1], which.astype(np.float64), which, 2.0 if place < shown.settled else 1.0
        )

    def _where(self, act: Act) -> tuple[Shown | None, int]:
        post_id = act.post_id
        if not post_id and act.kind == "follow":
            author = self._catalogue.author_row.get(act.author_id, -1)
            theirs = {int(self._catalogue.ids[row]) for row in self._catalogue.by_author[author]} if author >= 0 else set[int]()
            post_id = max((one for one in theirs if (act.person_id, one) in self._last), default=0)
        shown = self._slates.get(self._last.get((act.person_id, post_id), 0))
        return (shown, shown.posts.index(post_id)) if shown else (None, -1)

    def _close(self, now_ms: int) -> None:
        """Slates older than CLOSE_MS are settled."""
        while self._open and self._open[0].at_ms + CLOSE_MS <= now_ms:
            self._settle(self._open.popleft())

    def _settle(self, shown: Shown | None) -> None:
        """Whatever did not happen down to where somebody looked is taught as not happened, each place once."""
        if shown is None or shown.looked < shown.settled:
            return
        places, shown.settled = slice(shown.settled, shown.looked + 1), shown.looked + 1
        happened = shown.happened[places]
        self.heads.teach(shown.features[places], happened.astype(np.float64), ~happened)

    def _drop(self, slate_id: int) -> None:
        gone = self._slates.pop(slate_id)
        if self._newest.get(gone.person_id) == slate_id:
            del self._newest[gone.person_id]
        for post_id in gone.posts:
            if self._last.get((gone.person_id, post_id)) == slate_id:
                del self._last[gone.person_id, post_id]
