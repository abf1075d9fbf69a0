"""The reward head: which picture people here would pick, learned from the picks of those who agreed to it.

Bradley–Terry over picture embeddings: P(a picked over b) = σ(w·(a − b)), with ridge; NumPy, Newton's method, seconds on one core.
Source: Bradley & Terry 1952; Christiano et al. 2017 for learning a reward from choices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bowerbird.core.whole import partly

RIDGE = 1.0
STEPS_MAX = 50
PAIRS_MIN = 20  # fewer say nothing; nothing is re-ranked then
HELD_OUT = 5  # every fifth person, for the test
PER_PERSON_MAX = 200  # nobody's taste alone

Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Choice:
    """Someone picked one picture over the others they were offered: features (n,) and (m, n)."""

    person: int
    picked: Features
    others: Features


@dataclass(frozen=True, slots=True)
class Reward:
    """What was learned: `right` is the share of held-out choices it would have made; chance is `chance`."""

    weights: list[float]
    pairs: int
    people: int
    right: float | None
    chance: float | None
    sha256: str  # of the choices it was learned from

    def write(self, file: Path) -> None:
        """Whole or not at all."""
        with partly(file) as part:
            part.write_text(json.dumps(asdict(self)))


def learn(choices: Sequence[Choice], *, ridge: float = RIDGE) -> Reward | None:
    """The head, tested on every fifth person's choices; None where there are too few to learn from.

    The same choices in any order give the same head, bit for bit.
    """
    kept = _capped(choices)
    people = sorted({one.person for one in kept})
    tested = set(people[::HELD_OUT]) if len(people) >= HELD_OUT else set[int]()
    pairs = _pairs([one for one in kept if one.person not in tested])
    if len(pairs) < PAIRS_MIN:
        return None
    trial = fit(pairs, ridge)
    proof = [one for one in kept if one.person in tested]
    right = float(np.mean([_agrees(trial, one) for one in proof])) if proof else None
    chance = float(np.mean([1 / (1 + len(one.others)) for one in proof])) if proof else None
    everything = _pairs(kept)
    digest = hashlib.sha256(everything.tobytes()).hexdigest()
    return Reward([round(float(w), 6) for w in fit(everything, ridge)], len(everything), len(people), right, chance, digest)


def fit(pairs: Features, ridge: float) -> NDArray[np.float64]:
    """Weights (n,) from differences picked − other (m, n): Newton's method on the ridge-penalised log-likelihood, which is convex."""
    x = pairs.astype(np.float64)
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS_MAX):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (1 - chance) - ridge * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + ridge * np.eye(x.shape[1])
        step = np.linalg.solve(bend, slope)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def _capped(choices: Sequence[Choice]) -> list[Choice]:
    ordered = sorted(choices, key=lambda one: (one.person, one.picked.tobytes(), one.others.tobytes()))
    count: dict[int, int] = {}
    kept: list[Choice] = []
    for one in ordered:
        count[one.person] = count.get(one.person, 0) + 1
        if count[one.person] <= PER_PERSON_MAX and len(one.others):
            kept.append(one)
    return kept


def _pairs(choices: Sequence[Choice]) -> Features:
    if not choices:
        return np.zeros((0, 0), np.float32)
    return np.concatenate([one.picked[None] - one.others for one in choices])


def _agrees(weights: NDArray[np.float64], one: Choice) -> bool:
    return bool((one.others @ weights < one.picked @ weights).all())
