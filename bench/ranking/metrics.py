"""How good a ranking was, and how sure that is. A place counts from 1; 0 means that it was not found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 1_000
CELLS_MAX = 5_000_000  # people times rounds that are drawn at once
Numbers = NDArray[np.float64]


def place(ranked: Sequence[int], wanted: int) -> int:
    """Where `wanted` stands in a ranking."""
    return ranked.index(wanted) + 1 if wanted in ranked else 0


def hit(place: int, k: int) -> float:
    """HR@k of one wanted item."""
    return float(0 < place <= k)


def reciprocal(place: int, k: int) -> float:
    """MRR@k of one wanted item."""
    return 1 / place if 0 < place <= k else 0.0


def gain(place: int, k: int) -> float:
    """NDCG@k of one wanted item."""
    return float(1 / np.log2(place + 1)) if 0 < place <= k else 0.0


def recall(ranked: Sequence[int], wanted: Collection[int], k: int) -> float:
    """Which share of what could be found within k was: hits / min(k, wanted), as in the papers that report Recall@20."""
    return len(set(ranked[:k]) & set(wanted)) / min(k, len(wanted)) if wanted else 0.0


def ndcg(ranked: Sequence[int], wanted: Collection[int], k: int) -> float:
    """NDCG@k of several wanted items that are worth the same."""
    hits = sum(1 / np.log2(n + 2) for n, item in enumerate(ranked[:k]) if item in wanted)
    ideal = sum(1 / np.log2(n + 2) for n in range(min(k, len(wanted))))
    return float(hits / ideal) if wanted else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it lies in 95 of 100 draws of other people like these."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def _drawn(users: NDArray[np.int64], columns: Sequence[Numbers], seed: int) -> tuple[Numbers, Numbers]:
    """(sums [columns], sums in each round [rounds, columns]): people drawn with replacement, all that is one person's together."""
    _, who = np.unique(users, return_inverse=True)
    per = np.stack([np.bincount(who, weights=column) for column in columns], axis=1)
    dice = np.random.default_rng(seed)
    rounds = [
        dice.multinomial(len(per), np.full(len(per), 1 / len(per)), size=size) @ per
        for size in _portions(ROUNDS, max(1, CELLS_MAX // len(per)))
    ]
    return per.sum(axis=0), np.concatenate(rounds)


def _portions(whole: int, most: int) -> list[int]:
    return [min(most, whole - start) for start in range(0, whole, most)]


def _interval(mean: float, draws: Numbers) -> Interval:
    good = draws[np.isfinite(draws)]
    low, high = np.quantile(good, [0.025, 0.975]) if len(good) else (float("nan"), float("nan"))
    return Interval(float(mean), float(low), float(high))


def mean(values: Numbers, users: NDArray[np.int64], seed: int = 0) -> Interval:
    """The mean of `values`, by a bootstrap over the people they belong to."""
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    sums, draws = _drawn(users, [values, np.ones(len(values))], seed)
    return _interval(sums[0] / sums[1], draws[:, 0] / draws[:, 1])


def ratio(ours: Numbers, theirs: Numbers, users: NDArray[np.int64], seed: int = 0) -> Interval:
    """Our mean over theirs on the same events, both drawn together."""
    if not len(ours):
        return Interval(float("nan"), float("nan"), float("nan"))
    sums, draws = _drawn(users, [ours, theirs], seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _interval(float(np.divide(sums[0], sums[1])), np.divide(draws[:, 0], draws[:, 1]))


OF_PLACE: dict[str, Callable[[int, int], float]] = {"HR": hit, "MRR": reciprocal, "NDCG": gain}
