"""The house's own learner and pipeline, told the events of a file. Posts come into the house with the first event on them, each by an author of
its own and without a caption; every event was shown to who did it, as a like.

Learners that are told everything later stand for a model (counts and neighbours), or a person's own history, that is an hour or a day old; the
heads, which hardly change in a day, are the same for all."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.ranking.nights import Nights
from bowerbird.feed import asked, features, for_you
from bowerbird.feed.acts import Act
from bowerbird.feed.asked import Asked
from bowerbird.feed.catalogue import Item
from bowerbird.feed.learner import Learner
from bowerbird.feed.pipeline import Batch, Pipeline, Placed
from bowerbird.feed.scorers import WORTH

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
AUTHORS_FROM = 1_000_000_000
LESSON_POSTS = 30
Event = tuple[int, int, int, int]  # number, user, item, when


class Told:
    """A learner that hears of everything `late_ms` after it happened; of posts it knows at once."""

    def __init__(self, late_ms: int = 0) -> None:
        self.learner, self.late_ms = Learner(), late_ms
        self._waiting: deque[Event] = deque()

    def hear(self, event: Event) -> None:
        """An event, in the order of time."""
        _, _, item, at_ms = event
        if item + 1 not in self.learner.catalogue.row_of:
            self.learner.add(Item(item + 1, AUTHORS_FROM + item, at_ms))
        self._waiting.append(event)
        self.catch_up(at_ms)

    def catch_up(self, now_ms: int) -> None:
        """Take what is old enough."""
        while self._waiting and self._waiting[0][3] <= now_ms - self.late_ms:
            number, user, item, at_ms = self._waiting.popleft()
            shown = Act(2 * number, "served", user + 1, at_ms, served=(item + 1,), slate_id=2 * number)
            self.learner.take(shown)
            self.learner.take(Act(2 * number + 1, "like", user + 1, at_ms, post_id=item + 1))
            person = self.learner.person(user + 1)
            # the file does not say what they were shown and passed over, so nothing is held back for having been shown
            person.times_served.clear()
            # measured is the page after the next: on the very next one a single act moves a tenth at most (feed/steady.py), whatever is true
            person.served_id = 2 * number + 1


@dataclass(frozen=True)
class Drawn:
    """In place of a page, for lessons: some of what might be shown, drawn evenly. A file does not say what people were shown and passed over.
    The page that the feed would have laid out is no stand-in for it: heads that are told that nobody took what they think best, but something
    from anywhere, unlearn what they had right."""

    name: str = "drawn"

    def select(self, ask: Asked, batch: Batch, sources: Sequence[str]) -> list[Placed]:
        """So many as were asked for."""
        places = ask.chance().permutation(len(batch.rows))[: ask.limit]
        return [Placed(int(batch.rows[at]), sources[int(batch.sources[at])], 0.0, {}) for at in places.tolist()]


class Live:
    """The live feed: ask it, then tell it. Every `teach_every`-th event also teaches the heads: some of what might have been shown, and at their end
    what was taken in truth."""

    def __init__(self, name: str = "live", teach_every: int = 0, nights: Nights | None = None) -> None:
        self.name, self.teach_every, self._nights = name, teach_every, nights
        self.now = Told()
        self._count = 0
        self._last: tuple[tuple[int, int, int, int], Batch, list[int]] | None = None

    def observe(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        self._count += 1
        self._sleep(at_ms)
        if self.teach_every and self._count % self.teach_every == 0 and item + 1 in self.now.learner.catalogue.row_of:
            self._teach(user, item, at_ms)
        self.now.hear((self._count, user, item, at_ms))

    def _sleep(self, at_ms: int) -> None:
        if self._nights is not None and (night := self._nights.since(at_ms)) is not None:
            self.now.learner.nightly.use(night)

    def fit(self) -> None:
        """Have a night of everything until now."""
        if self._nights is not None:
            self._nights.fit()
            self._sleep(0)

    def _teach(self, user: int, item: int, at_ms: int) -> None:
        learner = self.now.learner
        taken = learner.catalogue.row_of[item + 1]
        if taken in learner.person(user + 1).seen:
            return
        ask, feed = self.ask(user, at_ms, LESSON_POSTS), for_you.pipeline()
        placed, _ = Pipeline(feed.sources, feed.filters, [], Drawn()).run(ask)
        rows = [one.row for one in placed if one.row != taken] + [taken]
        x = features.of(ask.who, np.array(rows, np.int32), learner.catalogue, learner.counts, learner.neighbours)
        slate = (
            -self._count
        )  # of the heads alone: counts would otherwise learn that nobody takes what the feed itself thinks best
        posts = tuple(int(id_) for id_ in learner.catalogue.ids[rows])
        learner.lessons.features[slate] = x
        learner.lessons.take(Act(slate, "served", user + 1, at_ms, served=posts, slate_id=slate))
        learner.lessons.take(Act(slate, "like", user + 1, at_ms + 1, post_id=item + 1))
        learner.lessons.teach(at_ms)

    def ask(self, user: int, at_ms: int, limit: int, history: Told | None = None, model: Told | None = None) -> Asked:
        """A request with the person's history as `history` knows it and everything else as `model` does."""
        history, model = history or self.now, model or self.now
        learner = model.learner
        ask = asked.of(learner, history.learner.person(user + 1), at_ms, limit=limit, seed=self._count, explore=False)
        ask.shown = frozenset(self.now.learner.person(user + 1).seen)
        return ask

    def _asked(
        self, user: int, at_ms: int, limit: int, history: Told | None = None, model: Told | None = None
    ) -> tuple[Batch, list[int]]:
        # a new pipeline each time: a stage that was slow on a busy machine is not left out
        placed, batch = for_you.pipeline().run(self.ask(user, at_ms, limit, history, model))
        ids = (history or self.now).learner.catalogue.ids
        return batch, [int(ids[one.row]) - 1 for one in placed]

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:  # noqa: ARG002
        """The page; what was taken before is not on it, with `seen` or without: the feed never shows anything twice."""
        self._sleep(at_ms)
        batch, page = self._asked(user, at_ms, limit)
        self._last = (self._count, user, at_ms, limit), batch, page
        return page

    def order(self, user: int, at_ms: int, candidates: Sequence[int]) -> list[int]:
        """By value alone."""
        rows = np.array([self.now.learner.catalogue.row_of[item + 1] for item in candidates], np.int32)
        ask, batch = self.ask(user, at_ms, len(rows)), Batch(rows, np.zeros(len(rows), np.int16), np.zeros(len(rows)))
        for scorer in for_you.pipeline().scorers:
            scorer.score(ask, batch)
        return [candidates[n] for n in np.argsort(-batch.values, kind="stable")]

    def by_value(self, user: int, at_ms: int, limit: int) -> list[int]:
        """What the page would be without caps, diversity and authors' turns."""
        if self._last is None or self._last[0] != (self._count, user, at_ms, limit):
            self.rank(user, at_ms, limit, False)
        assert self._last is not None
        batch = self._last[1]
        assert WORTH in batch.terms or not len(batch.rows)
        best = batch.rows[np.argsort(-batch.values, kind="stable")[:limit]]
        return [int(id_) - 1 for id_ in self.now.learner.catalogue.ids[best]]


class _Beside:
    """Something that is asked beside a live feed which is told everything already."""

    def __init__(self, live: Live, name: str) -> None:
        self.live, self.name = live, name

    def observe(self, user: int, item: int, at_ms: int, strength: float) -> None:
        """Nothing: the live feed was told."""

    def order(self, user: int, at_ms: int, candidates: Sequence[int]) -> list[int]:
        return self.live.order(user, at_ms, candidates)


class ByValue(_Beside):
    """The live feed's ranking before the page is laid out."""

    def __init__(self, live: Live) -> None:
        super().__init__(live, f"{live.name}, by value alone")

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:  # noqa: ARG002
        return self.live.by_value(user, at_ms, limit)


class Late(_Beside):
    """The live feed with the model, the person's own history, or both as they were some time ago."""

    def __init__(self, live: Live, old: Told, what: str, name: str) -> None:
        super().__init__(live, name)
        self._old, self._what = old, what

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:  # noqa: ARG002
        self._old.catch_up(at_ms)
        history = self._old if self._what != "model" else None
        model = self._old if self._what != "person" else None
        return self.live._asked(user, at_ms, limit, history, model)[1]


class LateLearner(_Beside):
    """Tells an old learner; asks nothing."""

    def __init__(self, live: Live, old: Told) -> None:
        super().__init__(live, "")
        self._old = old
        self._count = 0
        old.learner.lessons, old.learner.nightly = live.now.learner.lessons, live.now.learner.nightly

    def observe(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        self._count += 1
        self._old.hear((self._count, user, item, at_ms))

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:  # noqa: ARG002
        return []


def lagging(live: Live) -> list[_Beside]:
    """The model, the person, and both, an hour and a day old; the first two entries only listen."""
    old = {"1 h": Told(HOUR_MS), "1 day": Told(DAY_MS)}
    listeners: list[_Beside] = [LateLearner(live, one) for one in old.values()]
    asks = [
        Late(live, one, what, f"{live.name}, {words} {age} old")
        for age, one in old.items()
        for what, words in (("model", "model"), ("person", "own history"), ("both", "all"))
    ]
    return [*listeners, *asks]
