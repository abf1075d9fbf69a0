"""Eight logistic heads over named features, taught online by what came of each post that was shown: AdaGrad (Duchi et al., 2011), one step
for each page that was shown and each act on it, with what is known before anything was learned as where they begin and are drawn back to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import HEADS
from bowerbird.feed.catalogue import Floats
from bowerbird.feed.counts import PRIOR

Matrix = NDArray[np.float64]
RATE = 0.3
DRAWN_BACK = 1e-4
STEP_MAX = 0.05  # no single act moves a weight further
GRADIENTS_BEGIN = 10.0  # some tens of likes before what was written down on day one gives way


@dataclass(frozen=True, slots=True)
class Prior:
    """Where the heads begin: weights [heads, features], and for which of them a feature may never come to mean the opposite
    (1: never below zero, -1: never above, 0: free)."""

    weights: Matrix
    signs: NDArray[np.int8]


class Heads:
    """Weights [heads, features] and biases [heads]."""

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self.weights = prior.weights.copy()
        chances = np.array([PRIOR[head] for head in HEADS])
        self._bias0 = np.log(chances / (1 - chances))
        self.biases = self._bias0.copy()
        self._never_below, self._never_above = prior.signs > 0, prior.signs < 0
        self._squares = np.full_like(self.weights, GRADIENTS_BEGIN)
        self._bias_squares = np.full_like(self.biases, GRADIENTS_BEGIN)
        self.steps = 0

    def logits(self, x: Floats) -> Matrix:
        """[posts, heads] for features [posts, features]."""
        return x.astype(np.float64) @ self.weights.T + self.biases

    def chances(self, x: Floats) -> Matrix:
        """[posts, heads]: how likely each of the eight is."""
        return sigmoid(self.logits(x))

    def teach(self, x: Floats, happened: Matrix, told: NDArray[np.bool_], weight: float = 1.0) -> None:
        """One step for posts that were shown together: features [posts, features], what happened [posts, heads] as 0 or 1, and which heads
        are told of each."""
        rows = x.astype(np.float64)
        errors = weight * told * (sigmoid(rows @ self.weights.T + self.biases) - happened)
        self._squares += (errors * errors).T @ (rows * rows)
        self._bias_squares += (errors * errors).sum(axis=0)
        step = RATE * (errors.T @ rows) / np.sqrt(self._squares)
        step += DRAWN_BACK * (self.weights - self._prior.weights) * np.any(told, axis=0)[:, np.newaxis]
        self.weights -= np.clip(step, -STEP_MAX, STEP_MAX)
        self.biases -= np.clip(RATE * errors.sum(axis=0) / np.sqrt(self._bias_squares), -STEP_MAX, STEP_MAX)
        np.maximum(self.weights, 0.0, out=self.weights, where=self._never_below)
        np.minimum(self.weights, 0.0, out=self.weights, where=self._never_above)
        self.steps += len(rows)

    def attributed(self, x: Floats, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], Matrix]:
        """What each feature adds to the value of each post: `attributed` below."""
        return attributed(self, x, values)

    @property
    def digest(self) -> str:
        """Of every number in them: two that learned the same have the same."""
        return hashlib.sha256(self.weights.tobytes() + self.biases.tobytes() + self._squares.tobytes()).hexdigest()[:16]


def sigmoid(z: Matrix) -> Matrix:
    """1 / (1 + e^-z), safe for any z."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def attributed(heads: Heads, x: Floats, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], Matrix]:
    """What each feature adds to the value of each post, [posts] with no feature at all and [posts, features]: they sum to `values` @ chances exactly.

    A logistic of a sum is shared out along the straight line from nothing to the post (Aumann and Shapley, 1974; Sundararajan et al.,
    "Axiomatic attribution", 2017), which for one sum is closed: each term's part of the sum times (p - p0) / z."""
    rows = x.astype(np.float64)
    z = rows @ heads.weights.T
    p, p0 = sigmoid(z + heads.biases), sigmoid(heads.biases)
    far = np.abs(z) > 1e-9
    slope = np.where(far, (p - p0) / np.where(far, z, 1.0), p0 * (1 - p0))
    shared = ((values * slope) @ heads.weights) * rows
    return p @ values - shared.sum(axis=1), shared
