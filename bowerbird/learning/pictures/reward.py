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

Features = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """Someone picked one picture over the others they were offered: features (n,) and (m, n). `place`: where it was shown, from 0."""

    person: str
    picked: Features
    others: Features
    place: int = 0


@dataclass(frozen=True, slots=True)
class Reward:
    """What was learned: a weight for each feature. `sha256`: of the choices it was learned from."""

    weights: list[float]
    pairs: int
    people: int
    sha256: str

    def write(self, file: Path) -> None:
        """Whole or not at all."""
        with partly(file) as part:
            part.write_text(json.dumps(asdict(self)))

    def right(self, choices: Sequence[Choice]) -> Floats:
        """[n]: 1 where it would have picked as people did, 0 where not, its share where it cannot tell among several."""
        return np.array([_agreement(np.array(self.weights), one) for one in choices])


def read(file: Path) -> Reward:
    """One that was written. Raises FileNotFoundError or ValueError."""
    try:
        return Reward(**json.loads(file.read_text()))
    except (TypeError, json.JSONDecodeError) as wrong:
        raise ValueError(f"{file} is no reward head: {wrong}") from wrong


def learn(choices: Sequence[Choice], *, ridge: float = RIDGE) -> Reward | None:
    """The head; None where there are too few choices to learn from. The same choices in any order give the same head, bit for bit."""
    kept = sorted(
        (one for one in choices if len(one.others)), key=lambda one: (one.person, one.picked.tobytes(), one.others.tobytes())
    )
    pairs = _pairs(kept)
    if len(pairs) < PAIRS_MIN:
        return None
    digest = hashlib.sha256(pairs.tobytes()).hexdigest()
    return Reward([round(float(w), 6) for w in fit(pairs, ridge)], len(pairs), len({one.person for one in kept}), digest)


def fit(pairs: Features, ridge: float) -> Floats:
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


def _pairs(choices: Sequence[Choice]) -> Features:
    if not choices:
        return np.zeros((0, 0), np.float32)
    return np.concatenate([one.picked[None] - one.others for one in choices])


def _agreement(weights: Floats, one: Choice) -> float:
    picked, others = float(one.picked @ weights), one.others @ weights
    return 0.0 if (others > picked).any() else 1 / (1 + int((others == picked).sum()))
