"""The reward head of the assistant: which of several answers people here would like best.

Bradley–Terry on what can be seen of an answer: P(a liked better than b) = σ(w · (a − b)), with ridge; the strength of the ridge is chosen by leaving
groups of people out. NumPy, seconds on one core, and an exact refit when somebody withdraws. Source: Bradley & Terry 1952."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bowerbird.core.whole import partly
from bowerbird.inference.runner import traits
from bowerbird.inference.runner.traits import Embed, Floats
from bowerbird.learning.assistant.pair import Pair
from bowerbird.learning.pictures.reward import fit

PAIRS_MIN = 40  # fewer say nothing
RIDGES = (3.0, 10.0, 30.0, 100.0)
FOLDS = 4


@dataclass(frozen=True, slots=True)
class Head:
    """What was learned: a weight for each trait, in units of `scales`. `sha256`: of the votes."""

    weights: list[float]
    scales: list[float]
    ridge: float
    pairs: int
    groups: int
    sha256: str

    def scores(self, embed: Embed, said: Sequence[tuple[str, str]]) -> Floats:
        """[n]: how gladly each (question, answer) is read; only differences mean anything."""
        return (traits.of(embed, said) / np.array(self.scales)) @ np.array(self.weights)

    def right(self, embed: Embed, pairs: Sequence[Pair]) -> Floats:
        """[n]: 1 where it would have chosen as people did, 0 where not, a half where it cannot tell."""
        return decided(
            self.scores(embed, [(one.question, one.chosen) for one in pairs]),
            self.scores(embed, [(one.question, one.rejected) for one in pairs]),
        )

    def write(self, file: Path) -> None:
        """Whole or not at all."""
        with partly(file) as part:
            part.write_text(json.dumps(asdict(self)))


def read(file: Path) -> Head:
    """One that was written. Raises FileNotFoundError or ValueError."""
    try:
        return Head(**json.loads(file.read_text()))
    except (TypeError, json.JSONDecodeError) as wrong:
        raise ValueError(f"{file} is no reward head: {wrong}") from wrong


def order(group: str) -> str:
    """Groups in an order that has nothing to do with what they are called."""
    return hashlib.sha256(group.encode()).hexdigest()


def decided(chosen: Floats, rejected: Floats) -> Floats:
    """1 where the chosen one has more, 0 where less, a half where equal."""
    return np.where(chosen > rejected, 1.0, np.where(chosen < rejected, 0.0, 0.5))


def by_length(pairs: Sequence[Pair]) -> Floats:
    """The plainest rule there is: the longer answer."""
    lengths = [(len(one.chosen.split()), len(one.rejected.split())) for one in pairs]
    return decided(np.array([a for a, _ in lengths], float), np.array([b for _, b in lengths], float))


def learn(embed: Embed, pairs: Sequence[Pair]) -> Head | None:
    """The head of some votes, the same for the same votes in any order; None where there are too few of them."""
    ordered = sorted(pairs, key=lambda one: (one.group, one.question, one.chosen, one.rejected))
    if len(ordered) < PAIRS_MIN:
        return None
    x = traits.of(embed, [(one.question, one.chosen) for one in ordered]) - traits.of(
        embed, [(one.question, one.rejected) for one in ordered]
    )
    scales = np.ones(x.shape[1])
    scales[768:] = np.maximum(np.sqrt((x[:, 768:] ** 2).mean(0)), 1e-3)
    x /= scales
    left, sizes, axes = np.linalg.svd(
        x, full_matrices=False
    )  # votes span few directions: the same fit in as many numbers as there are votes
    seen = left * sizes
    ridge = _ridge(seen, [one.group for one in ordered])
    weights = axes.T @ fit(seen.astype(np.float32), ridge)
    votes = json.dumps([[one.group, one.question, one.chosen, one.rejected] for one in ordered])
    return Head(
        [round(float(w), 6) for w in weights], [round(float(s), 6) for s in scales], ridge, len(ordered),
        len({one.group for one in ordered}), hashlib.sha256(votes.encode()).hexdigest(),
    )  # fmt: skip


def _ridge(x: Floats, groups: Sequence[str]) -> float:
    """The strength that foretells best the votes of people who were left out."""
    names = sorted(set(groups))
    if len(names) < FOLDS:
        return RIDGES[-1]
    fold = np.array([names.index(group) % FOLDS for group in groups])
    likely = {ridge: sum(_likelihood(x, fold == number, ridge) for number in range(FOLDS)) for ridge in RIDGES}
    return max(RIDGES, key=lambda ridge: likely[ridge])


def _likelihood(x: Floats, apart: np.ndarray[tuple[int], np.dtype[np.bool_]], ridge: float) -> float:
    weights = fit(x[~apart].astype(np.float32), ridge)
    return float(-np.logaddexp(0, -(x[apart] @ weights)).sum())
