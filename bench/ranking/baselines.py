"""What the live learner has to beat. Every ranker is told one event after another, and asked before it is told; what it has no opinion on it
fills with what is popular lately, so that none is beaten for being silent."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.ranking.loaders import GAP_MS, Interactions
from bowerbird.learning.ranker import night, vectors
from bowerbird.learning.ranker.exam import Exam
from bowerbird.learning.ranker.taken import Rows, Taken
from bowerbird.learning.ranker.vectors import EASE_POSTS_MAX

Scores = NDArray[np.float64]
DAY_MS = 86_400_000
HALF_LIVES_H = (3, 12, 24, 72, 168, 336, 720, 2_160, 10_000_000)
REBASE = 200  # half-lives after which the sums are written anew, long before a float overflows
HISTORY = 50
SESSIONS_OF_ITEM, SESSIONS_MAX, NEIGHBOURS = 500, 1_000, 100
ALS_NIGHTLY_EPOCHS = 3


class Ranker(Protocol):
    """Told what happened, asked what comes next. Users and items are numbers from 0."""

    name: str

    def observe(self, user: int, item: int, at_ms: int, strength: float) -> None:
        """Somebody took something."""
        ...

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:
        """The items they are likeliest to take now, best first; with `seen` also those they took before."""
        ...

    def order(self, user: int, at_ms: int, candidates: Sequence[int]) -> list[int]:
        """Some items, best first."""
        ...


class Scored:
    """A ranker that gives every item a number. Only what was observed exists; `filler` decides among what has none above zero."""

    def __init__(self, name: str, n_items: int, filler: Scored | None = None) -> None:
        self.name, self.filler = name, filler
        self.known = np.zeros(n_items, np.bool_)
        self.taken: dict[int, set[int]] = defaultdict(set)

    def observe(self, user: int, item: int, at_ms: int, strength: float) -> None:
        self.known[item] = True
        self.taken[user].add(item)
        self.learn(user, item, at_ms, strength)

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:
        """What it makes of an event."""
        raise NotImplementedError

    def scores(self, user: int, at_ms: int) -> Scores:
        """[items], a new array; zero is no opinion."""
        raise NotImplementedError

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:
        scores = self._complete(user, at_ms)
        scores[~self.known] = -np.inf
        if not seen:
            scores[list(self.taken[user])] = -np.inf
        best = np.argpartition(-scores, min(limit, len(scores) - 1))[:limit]
        best = best[np.isfinite(scores[best])]
        return best[np.lexsort((best, -scores[best]))].tolist()

    def order(self, user: int, at_ms: int, candidates: Sequence[int]) -> list[int]:
        scores = self._complete(user, at_ms)
        return sorted(candidates, key=lambda item: (-scores[item], item))

    def _complete(self, user: int, at_ms: int) -> Scores:
        scores = self.scores(user, at_ms)
        if self.filler is None:
            return scores
        popular = self.filler.scores(user, at_ms)
        silent = scores <= 0
        least = float(scores[~silent].min()) if not silent.all() else 1.0
        return np.where(silent, popular / (popular.max() + 1e-300) * least * 0.5, scores)


class Popular(Scored):
    """What was taken most lately: counts that halve every `half_life_h`."""

    def __init__(self, n_items: int, half_life_h: float) -> None:
        super().__init__("recent popularity", n_items)
        self.half_life_ms = half_life_h * 3_600_000
        self._sums = np.zeros(n_items)
        self._base_ms: float | None = None

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        if self._base_ms is None:
            self._base_ms = at_ms
        if at_ms - self._base_ms > REBASE * self.half_life_ms:
            self._sums *= 2.0 ** max(-1_000.0, (self._base_ms - at_ms) / self.half_life_ms)
            self._base_ms = at_ms
        self._sums[item] += 2.0 ** ((at_ms - self._base_ms) / self.half_life_ms)

    def scores(self, user: int, at_ms: int) -> Scores:  # noqa: ARG002
        return self._sums.copy()


def tuned_popular(data: Interactions, events: int, tries: int = 800) -> float:
    """The half-life in hours that foretells the second half of the first `events` best (HR@20)."""
    rankers = [Popular(data.n_items, hours) for hours in HALF_LIVES_H]
    hits, tried = np.zeros(len(rankers)), max(1, events // 2 // tries)
    for n in range(events):
        event = int(data.users[n]), int(data.items[n]), int(data.times_ms[n])
        if n >= events // 2 and n % tried == 0:
            hits += [event[1] in ranker.rank(event[0], event[2], 20, False) for ranker in rankers]
        for ranker in rankers:
            ranker.observe(*event, 1.0)
    return HALF_LIVES_H[int(np.argmax(hits))]


class SessionKnn(Scored):
    """Sessions like this one, and what else was in them (Jannach and Ludewig 2017: S-KNN over the most recent sessions that share an item).

    A session ends after half an hour of silence; on a slow stream (`last`), somebody's last so many takings are their session."""

    def __init__(self, n_items: int, filler: Scored, last: int = 0) -> None:
        super().__init__("session kNN", n_items, filler)
        self._last = last
        self._items: dict[int, dict[int, None]] = {}  # session: its items, in order, each once
        self._session: dict[int, tuple[int, int]] = {}  # user: (session, when something happened last)
        self._with: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=SESSIONS_OF_ITEM))
        self._touched: dict[int, int] = {}  # session: when, as a counter
        self._clock = 0

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        self._clock += 1
        session, when = self._session.get(user, (-1, 0))
        if session < 0 or (not self._last and at_ms - when > GAP_MS):
            session = len(self._items)
            self._items[session] = {}
        items = self._items[session]
        if item in items:
            del items[item]
        else:
            self._with[item].append(session)
        items[item] = None
        while len(items) > (self._last or HISTORY):
            del items[next(iter(items))]
        self._session[user], self._touched[session] = (session, at_ms), self._clock

    def scores(self, user: int, at_ms: int) -> Scores:
        scores = np.zeros(len(self.known))
        session, when = self._session.get(user, (-1, 0))
        if session < 0 or (not self._last and at_ms - when > GAP_MS):
            return scores
        mine = self._items[session]
        near = {other for item in mine for other in self._with[item]} - {session}
        recent = sorted(near, key=lambda other: -self._touched[other])[:SESSIONS_MAX]
        alike = [(len(mine.keys() & self._items[other].keys()) / math.sqrt(len(self._items[other])), other) for other in recent]
        for likeness, other in sorted(alike, reverse=True)[:NEIGHBOURS]:
            for item in self._items[other]:
                scores[item] += likeness
        return scores


class ItemKnn(Scored):
    """What was taken together with what one took (cosine), over the last HISTORY takings."""

    def __init__(self, n_items: int, filler: Scored) -> None:
        super().__init__("item kNN", n_items, filler)
        self._together: dict[int, Counter[int]] = defaultdict(Counter)
        self._count = np.zeros(n_items)
        self._latest: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=HISTORY))

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        latest = self._latest[user]
        for other in set(latest) - {item}:
            self._together[item][other] += 1
            self._together[other][item] += 1
        self._count[item] += 1
        latest.append(item)

    def scores(self, user: int, at_ms: int) -> Scores:  # noqa: ARG002
        scores = np.zeros(len(self.known))
        for item in set(self._latest[user]):
            together = self._together[item]
            if together:
                others = np.fromiter(together, np.int64, len(together))
                counts = np.fromiter(together.values(), np.float64, len(together))
                scores[others] += counts / np.sqrt(self._count[item] * self._count[others])
        return scores


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen on the first part of a stream."""

    half_life_h: float
    ease_l2: float = 200.0
    ials_l2: float = 0.003
    alpha: float = 0.1


class Nightly(Scored):
    """EASE or iALS, learned anew every `every_days` at midnight UTC from all before it. Whoever came since has only what is popular;
    whoever was there stands where they stood at midnight."""

    def __init__(self, kind: str, n_items: int, filler: Scored, chosen: Settings, every_days: int = 1, begin_ms: int = 0) -> None:
        super().__init__(f"{kind} nightly", n_items, filler)
        self.kind, self.chosen, self.every_days, self.begin_ms = kind, chosen, every_days, begin_ms
        self.events: tuple[list[int], list[int]] = ([], [])
        self.night, self.trainings = -1, 0
        self.row_of: NDArray[np.int64] = np.zeros(0, np.int64)  # item: its row in the model, -1 for none
        self.weights = np.zeros((0, 0), np.float32)
        self.vectors: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        self.before = Rows.of(np.zeros(0, np.int64), np.zeros(0, np.int64), None, 0, 0)

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        self.sleep(at_ms)
        self.events[0].append(user)
        self.events[1].append(item)

    def sleep(self, at_ms: int) -> None:
        """Learn anew if a night has passed; nothing that happened after midnight is in it."""
        night = at_ms // DAY_MS // self.every_days
        if night == self.night or at_ms < self.begin_ms or not self.events[0]:
            return
        self.night = night
        self.fit()

    def fit(self) -> None:
        """Learn from everything until now."""
        self.trainings += 1
        users, items = (np.array(column, np.int64) for column in self.events)
        counts = np.bincount(items, minlength=len(self.known))
        most = EASE_POSTS_MAX if self.kind == "EASE" else len(counts)
        kept = np.sort(np.argsort(-counts, kind="stable")[: min(most, int((counts > 0).sum()))])
        self.row_of = np.full(len(counts), -1, np.int64)
        self.row_of[kept] = np.arange(len(kept))
        inside = self.row_of[items] >= 0
        users, rows, n_users = users[inside], self.row_of[items[inside]], int(users.max()) + 1
        self.before = Rows.of(users, rows, None, n_users, len(kept))
        if self.kind == "EASE":
            self.weights = vectors.ease(users, rows, n_users, len(kept), self.chosen.ease_l2)
        else:
            self.vectors = vectors.ials(
                users, rows, None, n_users, len(kept), l2=self.chosen.ials_l2, alpha=self.chosen.alpha,
                epochs=ALS_NIGHTLY_EPOCHS if self.vectors else 12, start=self._start(n_users, kept),
            )  # fmt: skip
            self._kept = kept

    def _start(self, n_users: int, kept: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Where last night ended; newcomers begin near zero."""
        if self.vectors is None:
            return None
        u, v = self.vectors
        dice = np.random.default_rng(len(kept))
        more_u, more_v = (
            (dice.standard_normal((size, u.shape[1])) * 0.1 / 8).astype(np.float32) for size in (n_users, len(kept))
        )
        more_u[: len(u)] = u
        more_v[np.searchsorted(kept, self._kept)] = v
        return more_u, more_v

    def history(self, user: int) -> NDArray[np.int64]:
        """Rows that somebody had taken at midnight."""
        return self.before.row(user) if user < len(self.before.starts) - 1 else np.zeros(0, np.int64)

    def scores(self, user: int, at_ms: int) -> Scores:
        self.sleep(at_ms)
        return self.spread(self.history(user), user)

    def spread(self, rows: NDArray[np.int64], user: int | None) -> Scores:
        """The model's scores for who took `rows`, over all items; with `user`, as that person was learned."""
        scores = np.zeros(len(self.known))
        if not len(rows):
            return scores
        if self.kind == "EASE":
            own = self.weights[rows].sum(axis=0)
        else:
            assert self.vectors is not None
            u, v = self.vectors
            own = v @ (u[user] if user is not None else vectors.folded(rows, v, l2=self.chosen.ials_l2, alpha=self.chosen.alpha))
        scores[self.row_of >= 0] = own - min(0.0, float(own.min())) + 1e-9
        return scores


class NightlyWithToday(Scored):
    """The same model, asked with what the person took until now: what a nightly model can do when histories are live."""

    def __init__(self, night: Nightly) -> None:
        super().__init__(f"{night.kind} nightly, history live", len(night.known), night.filler)
        self._night = night
        self._latest: dict[int, list[int]] = defaultdict(list)

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:  # noqa: ARG002
        self._latest[user].append(item)

    def scores(self, user: int, at_ms: int) -> Scores:
        self._night.sleep(at_ms)
        if not len(self._night.row_of):
            return np.zeros(len(self.known))
        rows = self._night.row_of[np.unique(np.array(self._latest[user], np.int64))]
        return self._night.spread(rows[rows >= 0], None)


def chosen(data: Interactions, events: int, effort: str = "nightly") -> Settings:
    """Everything that is tuned, on the first `events` alone."""
    half_life_h = tuned_popular(data, events)
    taken = Taken.of(data.users[:events].tolist(), data.items[:events].tolist(), [1.0] * events, data.times_ms[:events].tolist())
    exam = Exam.of(taken)
    if not len(exam.people):
        return Settings(half_life_h)
    how = night.EFFORTS[effort]
    figures: dict[str, object] = {}
    l2 = night.best_ease(exam, how, figures, lambda _: None) if len(taken.posts) <= EASE_POSTS_MAX else 200.0
    ials_l2, alpha = night.best_ials(exam, how, figures, lambda _: None)
    return Settings(half_life_h, l2, ials_l2, alpha)
