"""Scores as chances, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def platt(scores: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None) -> tuple[float, float]:
    """(slope, shift) so that 1 / (1 + exp(-(slope × score + shift))) is the chance of a label (Platt 1999), by Newton's method.

    A little of both outcomes is added to each side, as Platt does, so that scores which part perfectly stay finite."""
    x = scores.astype(np.float64)
    w = np.ones(len(x)) if weights is None else weights.astype(np.float64)
    yes, no = float(w[labels > 0].sum()), float(w[labels <= 0].sum())
    goal = np.where(labels > 0, (yes + 1) / (yes + 2), 1 / (no + 2))
    middle, scale = float(np.average(x, weights=w)), float(x.std()) or 1.0
    features = np.stack([(x - middle) / scale, np.ones(len(x))], axis=1)
    at = np.array([0.0, np.log((yes + 1) / (no + 1))])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(features @ at, -30, 30)))
        slope = features.T @ (w * (goal - chance))
        bend = (features * (w * chance * (1 - chance))[:, None]).T @ features + 1e-9 * np.eye(2)
        step = np.clip(np.linalg.solve(bend, slope), -4, 4)
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    return float(at[0] / scale), float(at[1] - at[0] * middle / scale)


def isotonic(
    scores: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(scores, chances), both rising: the nearest rising function to the labels (pool adjacent violators, Ayer et al. 1955). Read it with
    `np.interp(score, *isotonic(…))`."""
    order = np.argsort(scores, kind="stable")
    x, y = scores[order].astype(np.float64), labels[order].astype(np.float64)
    w = np.ones(len(x)) if weights is None else weights[order].astype(np.float64)
    values, first = np.unique(x, return_index=True)  # equal scores are one point: their order says nothing
    blocks: list[list[float]] = []  # [sum, weight, lowest score, highest score]
    for value, total, weight in zip(
        values.tolist(), np.add.reduceat(y * w, first).tolist(), np.add.reduceat(w, first).tolist(), strict=True
    ):
        blocks.append([total, weight, value, value])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1][0] += last[0]
            blocks[-1][1] += last[1]
            blocks[-1][3] = last[3]
    points = [(edge, total / weight) for total, weight, low, high in blocks for edge in sorted({low, high})]
    return np.array([x for x, _ in points]), np.array([y for _, y in points])


@dataclass(frozen=True, slots=True)
class Bucket:
    """Foretold chances that lie near each other, and what came."""

    foretold: float
    came: float
    count: float


def buckets(chances: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any] | None = None, most: int = 10) -> list[Bucket]:
    """How well chances are calibrated: as many buckets of equal weight, lowest chances first."""
    w = np.ones(len(chances)) if weights is None else weights.astype(np.float64)
    order = np.argsort(chances, kind="stable")
    place = np.minimum(most - 1, (np.cumsum(w[order]) - w[order] / 2) / max(1e-12, float(w.sum())) * most).astype(int)
    found: list[Bucket] = []
    for number in range(most):
        mine = order[place == number]
        if len(mine):
            mass = float(w[mine].sum())
            foretold, came = float(chances[mine] @ w[mine]) / mass, float(labels[mine] @ w[mine]) / mass
            found.append(Bucket(round(foretold, 6), round(came, 6), round(mass, 2)))
    return found


def off(found: list[Bucket]) -> float:
    """The mean distance between foretold and come (expected calibration error)."""
    return sum(abs(one.foretold - one.came) * one.count for one in found) / max(1e-12, sum(one.count for one in found))
