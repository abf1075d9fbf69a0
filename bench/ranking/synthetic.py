"""Two streams that are made up, so that the harness always runs: `slow`, where tastes drift over months, and `clicks`, where one thing leads
to another within a session. Seeded: the same arguments give the same stream. What wins here has won a model of ours, not people."""

from __future__ import annotations

import numpy as np

from bench.ranking.loaders import Interactions, in_order

DAY_MS = 86_400_000
BEGIN_MS = 1_770_000_000_000
Made = list[tuple[int, int, int]]


def slow(events: int = 40_000, *, people: int = 1_500, posts: int = 1_500, days: int = 180, seed: int = 7) -> Interactions:
    """Each person has a few loves out of forty kinds, and one changes every two months or so; posts come day by day, and fade in weeks."""
    dice = np.random.default_rng(seed)
    kinds = 40
    kind_of = dice.integers(kinds, size=posts)
    born = np.sort(dice.uniform(-days / 2, days, size=posts))
    appeal = dice.lognormal(0, 0.8, posts)
    loves = dice.integers(kinds, size=(people, 3))
    eager = dice.lognormal(0, 1.0, people)
    eager /= eager.sum()
    when = np.sort(dice.uniform(0, days, events))
    taken: list[set[int]] = [set() for _ in range(people)]
    by_kind = [np.flatnonzero(kind_of == kind) for kind in range(kinds)]
    found: Made = []
    for t, person in zip(when.tolist(), dice.choice(people, events, p=eager).tolist(), strict=True):
        if dice.random() < 0.02:
            loves[person, dice.integers(3)] = dice.integers(kinds)
        loved = dice.random() < 0.75
        mine = by_kind[loves[person, dice.choice(3, p=[0.5, 0.3, 0.2])]] if loved else np.arange(posts)
        age = t - born[mine]
        chance = np.where(age >= 0, appeal[mine] * np.exp(-np.maximum(age, 0) / 30), 0.0)
        if chance.sum() <= 0:
            continue
        post = int(mine[dice.choice(len(mine), p=chance / chance.sum())])
        if post not in taken[person]:
            taken[person].add(post)
            found.append((person, post, BEGIN_MS + int(t * DAY_MS)))
    return _made("synthetic:slow", found, "slow")


def clicks(events: int = 40_000, *, people: int = 3_000, posts: int = 1_500, days: int = 14, seed: int = 11) -> Interactions:
    """Sessions of a few clicks: each thing leads to one of six others, or to what is in fashion; every day a part of the ways changes."""
    dice = np.random.default_rng(seed)
    onward = dice.integers(posts, size=(posts, 6))
    odds = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
    fashion = dice.pareto(1.2, posts) + 0.1
    found: Made = []
    day = 0
    starts = np.sort(dice.uniform(0, days, max(1, events // 6)))
    for start in starts.tolist():
        while day < int(start):
            day += 1
            new = dice.integers(posts, size=posts // 20)
            onward[new] = dice.integers(posts, size=(len(new), 6))
            fashion[new] = dice.pareto(1.2, len(new)) + 0.1
        person, at = int(dice.integers(people)), BEGIN_MS + int(start * DAY_MS)
        post = int(dice.choice(posts, p=fashion / fashion.sum()))
        for _ in range(1 + int(dice.geometric(0.2))):
            found.append((person, post, at))
            at += int(dice.exponential(60_000)) + 1_000
            post = int(onward[post, dice.choice(6, p=odds)]) if dice.random() < 0.85 else int(dice.integers(posts))
    return _made("synthetic:clicks", found[:events], "clicks")


def _made(name: str, found: Made, tempo: str) -> Interactions:
    people, posts, times = (np.array(column, np.int64) for column in zip(*found, strict=True))
    return in_order(name, people, posts, times, tempo, ["made up"])


STREAMS = {"synthetic:slow": slow, "synthetic:clicks": clicks}
