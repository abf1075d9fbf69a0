"""The gate: whether a new version is better than the one in use, on people it has never seen. "Not promoted" is the normal outcome.

Everything is paired (both versions on the same items) and clustered by person, and every look has its share of one error budget, so that trying
again and again does not let chance through."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ERROR = 0.05  # of ever promoting a version that is no better, over all rounds of a model
FLIPS, RESAMPLES = 9_999, 2_000
ITEMS_MIN, PEOPLE_MIN = 60, 8


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is asked of a version. `value`, with its interval `low` to `high`; `limit`: what it must clear; `before`: of the version
    in use."""

    name: str
    text: str
    value: float
    limit: float
    passed: bool
    low: float | None = None
    high: float | None = None
    before: float | None = None
    chance: float | None = None  # of seeing as much where nothing is better


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate found. A release needs all of it."""

    model: str
    round: int
    error: float  # this round's share of the budget
    items: int
    people: int
    checks: list[Check]

    @property
    def passed(self) -> bool:
        """Whether everything did."""
        return bool(self.checks) and all(check.passed for check in self.checks)


def share(round_: int) -> float:
    """What round 1, 2, 3 … may spend of ERROR: together never more than it (6 / π² k²)."""
    return ERROR * 6 / (math.pi**2 * round_**2)


def chance(differences: Floats, people: Sequence[str], *, seed: int = 0) -> float:
    """How likely a mean difference as large as this is where the two are equal: each person's differences turn their sign together (one-sided
    permutation test). Where no turn of FLIPS comes up to it, what they cannot tell any more is bounded from above (Hoeffding 1963), for after
    seventeen rounds a round's share of the error is less than one turn in FLIPS. Source: Good, "Permutation, Parametric and Bootstrap Tests of
    Hypotheses", 2005."""
    sums, _ = _by_person(differences, people)
    total = sums.sum()
    signs = np.random.default_rng(seed).integers(0, 2, (FLIPS, len(sums))) * 2 - 1
    reached = int(((signs * sums).sum(1) >= total - 1e-12).sum())
    if reached == 0 and total > 0:
        return float(min(1 / (FLIPS + 1), np.exp(-(total**2) / (2 * (sums**2).sum()))))
    return (1 + reached) / (FLIPS + 1)


def interval(values: Floats, people: Sequence[str], *, error: float = ERROR, seed: int = 0) -> tuple[float, float, float]:
    """(mean, low, high): people drawn again and again, each with all of theirs (cluster bootstrap)."""
    sums, counts = _by_person(values, people)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.quantile(means, [error / 2, 1 - error / 2])
    return float(values.mean()), float(low), float(high)


def enough(items: int, people: int, what: str = "votes") -> Check:
    """Whether there is anything to be examined with."""
    return Check(
        name="enough", text=f"At least {ITEMS_MIN} {what} of {PEOPLE_MIN} people it has not seen", value=float(items), limit=float(ITEMS_MIN),
        passed=items >= ITEMS_MIN and people >= PEOPLE_MIN,
    )  # fmt: skip


def better(name: str, text: str, new: Floats, old: Floats, people: Sequence[str], error: float) -> Check:
    """Whether the new version is better than the old one, beyond chance."""
    likely = chance(new - old, people)
    passed = bool(new.mean() > old.mean()) and likely <= error
    return _against(name, text, new, old, people, passed=passed, chance=likely)


def no_worse(name: str, text: str, new: Floats, old: Floats, people: Sequence[str]) -> Check:
    """Whether the new version is at least as good as something plain."""
    return _against(name, text, new, old, people, passed=bool(new.mean() >= old.mean()))


def _against(
    name: str, text: str, new: Floats, old: Floats, people: Sequence[str], *, passed: bool, chance: float | None = None
) -> Check:
    value, low, high = interval(new, people)
    before = float(old.mean())
    return Check(
        name=name, text=text, value=value, low=low, high=high, before=before, limit=before, passed=passed, chance=chance
    )  # fmt: skip


def _by_person(values: Floats, people: Sequence[str]) -> tuple[Floats, Floats]:
    _, at = np.unique(np.array(people), return_inverse=True)
    return np.bincount(at, values).astype(np.float64), np.bincount(at).astype(np.float64)
