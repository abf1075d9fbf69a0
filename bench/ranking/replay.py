"""Running a file through rankers, in three ways:

stream  in time order, foretell, then learn: of events drawn after a warm-up, was the one that happened among the first 20 of all items known
full    everything before a moment is learned, and what each person took after it is looked for among all items
loo     each person's last item is looked for among all items, or among 99 that were drawn"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.ranking import metrics
from bench.ranking.baselines import Ranker
from bench.ranking.loaders import Interactions

NEGATIVES = 99


@dataclass
class Outcome:
    """How one ranker did: a value of each metric for each question, and the time it took."""

    name: str
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rank_s: float = 0.0
    observe_s: float = 0.0
    observed: int = 0

    def array(self, metric: str) -> NDArray[np.float64]:
        return np.array(self.values[metric], np.float64)


@dataclass
class Result:
    """All outcomes on the same questions; `users` says whose each question was."""

    protocol: str
    users: NDArray[np.int64]
    outcomes: list[Outcome]
    metrics: tuple[str, ...]
    notes: list[str] = field(default_factory=list)

    def of(self, name: str) -> Outcome | None:
        return next((one for one in self.outcomes if one.name == name), None)


class FromTheFuture(AssertionError):
    """A ranker named an item before it existed."""


def _observe(rankers: Sequence[Ranker], outcomes: Sequence[Outcome], event: tuple[int, int, int, float]) -> None:
    for ranker, outcome in zip(rankers, outcomes, strict=True):
        began = time.perf_counter()
        ranker.observe(*event)
        outcome.observe_s += time.perf_counter() - began
        outcome.observed += 1


def _asked(ranker: Ranker, outcome: Outcome, ask: Callable[[Ranker], list[int]]) -> list[int]:
    began = time.perf_counter()
    ranked = ask(ranker)
    outcome.rank_s += time.perf_counter() - began
    return ranked


def drawn(data: Interactions, warm_up: int, most: int, seed: int) -> NDArray[np.int64]:
    """Which events are asked about: at most so many of those after the warm-up, evenly drawn, in order."""
    after = np.arange(warm_up, len(data))
    return after if len(after) <= most else np.sort(np.random.default_rng(seed).choice(after, most, replace=False))


def stream(
    data: Interactions, rankers: Sequence[Ranker], *, warm_up: int, most: int = 2_000, seen: bool = False, k: int = 20, seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Result:  # fmt: skip
    """HR@k and MRR@k. Not asked about: items nobody had taken before, and with `seen` off what the person had taken before; both are counted.

    Raises FromTheFuture where a ranker names what has not happened yet."""
    outcomes = [Outcome(ranker.name) for ranker in rankers]
    asked = set(drawn(data, warm_up, most, seed).tolist())
    known: set[int] = set()
    taken: dict[int, set[int]] = defaultdict(set)
    users: list[int] = []
    new, again, told = 0, 0, time.monotonic()
    for n, (user, item, at_ms, strength) in enumerate(
        zip(data.users.tolist(), data.items.tolist(), data.times_ms.tolist(), data.strengths.tolist(), strict=True)
    ):
        if n in asked:
            if item not in known:
                new += 1
            elif item in taken[user] and not seen:
                again += 1
            else:
                users.append(user)
                for ranker, outcome in zip(rankers, outcomes, strict=True):
                    ranked = _asked(ranker, outcome, lambda one: one.rank(user, at_ms, k, seen))  # noqa: B023
                    if not known.issuperset(ranked):
                        raise FromTheFuture(f"{ranker.name} names items before they exist")
                    at = metrics.place(ranked, item)
                    outcome.values[f"HR@{k}"].append(metrics.hit(at, k))
                    outcome.values[f"MRR@{k}"].append(metrics.reciprocal(at, k))
        _observe(rankers, outcomes, (user, item, at_ms, strength))
        known.add(item)
        taken[user].add(item)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            say(f"{n + 1} of {len(data)} events, {len(users)} questions")
    notes = [
        f"{len(users)} questions by {len(set(users))} people, drawn from the events after the first {warm_up}; "
        f"not asked: {new} about items nobody had taken before, {again} about what the person had taken before"
    ]
    return Result("stream", np.array(users, np.int64), _named(outcomes), (f"HR@{k}", f"MRR@{k}"), notes)


def _named(outcomes: list[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.name]


@dataclass(frozen=True)
class Split:
    """What is learned, and what each person took that is looked for."""

    learned: NDArray[np.bool_]
    wanted: dict[int, list[int]]
    notes: list[str]


def by_time(data: Interactions, share: float = 0.2) -> Split:
    """The last fifth of all events is looked for: nothing of anybody's future is learned."""
    cut = int(len(data) * (1 - share))
    learned = np.zeros(len(data), np.bool_)
    learned[:cut] = True
    return _split(data, learned, f"split by time: learned from the first {cut} events")


def by_person(data: Interactions, share: float = 0.2) -> Split:
    """The last fifth of each person's events is looked for, as many papers do; of others it learns what came later."""
    return _split(
        data, ~_last(data, share), "each person's last fifth is looked for; what others did later is learned, as in papers"
    )


def last_of_each(data: Interactions) -> Split:
    """The last event of each person with at least three is looked for."""
    return _split(
        data, ~_last(data, 0.0), "each person's last item is looked for; what others did later is learned, as in papers"
    )


def _last(data: Interactions, share: float) -> NDArray[np.bool_]:
    order = np.lexsort((np.arange(len(data)), data.users))
    counts = np.bincount(data.users, minlength=data.n_users)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(data)) - starts[data.users[order]]  # of each event among its person's
    most = np.where(counts >= 3, np.maximum(1, np.floor(counts * share)), 0)
    held = np.zeros(len(data), np.bool_)
    held[order] = place >= (counts - most)[data.users[order]]
    return held


def _split(data: Interactions, learned: NDArray[np.bool_], note: str) -> Split:
    known = set(data.items[learned].tolist())
    taken: dict[int, set[int]] = defaultdict(set)
    for user, item in zip(data.users[learned].tolist(), data.items[learned].tolist(), strict=True):
        taken[user].add(item)
    wanted: dict[int, list[int]] = defaultdict(list)
    new, strangers = 0, set[int]()
    for user, item in zip(data.users[~learned].tolist(), data.items[~learned].tolist(), strict=True):
        if user not in taken:
            strangers.add(user)
        elif item not in known:
            new += 1
        elif item not in taken[user] and item not in wanted[user]:
            wanted[user].append(item)
    left_out = f"left out: {len(strangers)} people without history, {new} takings of items nobody had taken before"
    return Split(learned, {user: items for user, items in wanted.items() if items}, [note, left_out])


def static(
    data: Interactions, rankers: Sequence[Ranker], split: Split, *, k: int, negatives: int = 0, most: int = 2_000, seed: int = 0,
) -> Result:  # fmt: skip
    """Learn all of the split's first part, then look for the rest. One item each: HR@k and NDCG@k; several: Recall@k and NDCG@k.

    With `negatives`, each wanted item is ranked among so many drawn ones that the person did not take."""
    outcomes = [Outcome(ranker.name) for ranker in rankers]
    taken: dict[int, set[int]] = defaultdict(set)
    end_ms = 0
    for n in np.flatnonzero(split.learned).tolist():
        event = int(data.users[n]), int(data.items[n]), int(data.times_ms[n]), float(data.strengths[n])
        taken[event[0]].add(event[1])
        end_ms = event[2] + 1
        _observe(rankers, outcomes, event)
    for ranker in rankers:
        if hasattr(ranker, "fit"):
            ranker.fit()  # type: ignore[attr-defined] - a nightly model's last night
    known = np.array(sorted(set(data.items[split.learned].tolist())))
    dice = np.random.default_rng(seed)
    people = sorted(split.wanted)
    if len(people) > most:
        people = sorted(dice.choice(people, most, replace=False).tolist())
    single = all(len(items) == 1 for items in split.wanted.values())
    for user in people:
        wanted = split.wanted[user]
        among = _among(known, taken[user] | set(wanted), negatives, dice) + wanted if negatives else []
        for ranker, outcome in zip(rankers, outcomes, strict=True):
            if among:
                ranked = _asked(ranker, outcome, lambda one: one.order(user, end_ms, sorted(among)))[:k]  # noqa: B023
            else:
                ranked = _asked(ranker, outcome, lambda one: one.rank(user, end_ms, k, False))  # noqa: B023
            if single:
                outcome.values[f"HR@{k}"].append(metrics.hit(metrics.place(ranked, wanted[0]), k))
            else:
                outcome.values[f"Recall@{k}"].append(metrics.recall(ranked, wanted, k))
            outcome.values[f"NDCG@{k}"].append(metrics.ndcg(ranked, wanted, k))
    notes = [
        *split.notes,
        f"{len(people)} people; ranked among {f'{negatives} drawn items' if negatives else 'all items not taken yet'}",
    ]
    return Result(
        "static", np.array(people, np.int64), _named(outcomes), (f"HR@{k}" if single else f"Recall@{k}", f"NDCG@{k}"), notes
    )


def _among(known: NDArray[np.int64], but: set[int], count: int, dice: np.random.Generator) -> list[int]:
    free = np.setdiff1d(known, np.fromiter(but, np.int64, len(but)))
    return dice.choice(free, min(count, len(free)), replace=False).tolist()
