"""How strong each of several is, from votes between two of them: Bradley–Terry with ties, and how sure that is.

P(i beats j) : P(tie) : P(j beats i) = e^(d/2) : e^η : e^(-d/2), where d is the difference of their strengths and η how readily people call it a
tie. Source: Davidson, "On Extending the Bradley-Terry Model to Accommodate Ties", 1970. People are drawn again, not votes: what one person says
hangs together (Bayesian bootstrap; Rubin, 1981). Nobody counts for more than VOTES_MAX in one pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AVERAGE, POINTS = 1000.0, 400 / math.log(10)  # a score of 1000 is the average; 400 more win ten times as often as they lose
VOTES_MAX = 12  # of one person between the same two; more of them weigh as much
PEOPLE_MIN = 5  # of fewer, nothing can be said
RESAMPLES, STEPS, STEP_MAX = 600, 25, 1.5
SURE = 0.95
SPREAD = 2.0  # of strengths, before any vote: 350 points; and of η around TIES
TIES = -0.7  # one vote in five between equals


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote: `score` is 1 where the first was better, 0 where the second was, 0.5 for neither."""

    person: int
    first: int
    second: int
    score: float


@dataclass(frozen=True, slots=True)
class Strength:
    """A score with the interval it lies in; `rank`: one more than how many are surely better."""

    score: float
    low: float
    high: float
    rank: int


def estimate(votes: Sequence[Vote], *, seed: int = 0) -> dict[int, Strength]:
    """By contestant; nothing of fewer than PEOPLE_MIN people."""
    people = sorted({one.person for one in votes})
    if len(people) < PEOPLE_MIN:
        return {}
    names = sorted({name for one in votes for name in (one.first, one.second)})
    pairs = sorted({_pair(one) for one in votes})
    tallies = _tallies(votes, people, pairs)
    design = np.zeros((len(pairs), len(names)))
    for place, (one, other) in enumerate(pairs):
        design[place, names.index(one)], design[place, names.index(other)] = 1, -1
    weights = np.random.default_rng(seed).exponential(size=(RESAMPLES, len(people)))
    weights *= len(people) / weights.sum(1, keepdims=True)
    found = fit(np.tensordot(np.vstack([np.ones(len(people)), weights]), tallies, 1), design)
    voters = np.array([(tallies.sum(2)[:, design[:, place] != 0].sum(1) > 0).sum() for place in range(len(names))])
    half = np.array([_students(int(n) - 1) for n in voters]) * found[1:].std(0)
    score, low, high = (AVERAGE + POINTS * one for one in (found[0], found[0] - half, found[0] + half))
    return {
        name: Strength(float(score[i]), float(low[i]), float(high[i]), 1 + int((low > high[i]).sum()))
        for i, name in enumerate(names)
    }


def fit(counts: Floats, design: Floats) -> Floats:
    """Strengths (R, k) of counts (R, pairs, 3: first better, tie, second better); `design` (pairs, k) has 1 and -1 at the two of each pair.

    Newton's method on all R at once; the prior keeps those finite that never lost."""
    size = design.shape[1]
    first, tie, second = (counts[:, :, place] for place in range(3))
    games, outer = counts.sum(2), np.einsum("mi,mj->mij", design, design).reshape(len(design), -1)
    at = np.zeros((len(counts), size + 1))
    at[:, size] = TIES
    prior = np.full(size + 1, 1 / SPREAD**2)
    centre = np.append(np.zeros(size), TIES)
    for _ in range(STEPS):
        apart = at[:, :size] @ design.T
        odds = np.stack([np.exp(apart / 2), np.broadcast_to(np.exp(at[:, size:]), apart.shape), np.exp(-apart / 2)])
        win, draw, lose = odds / odds.sum(0)
        lean = (win - lose) / 2
        slope = np.concatenate(
            [((first - second) / 2 - games * lean) @ design, (tie - games * draw).sum(1, keepdims=True)], axis=1
        ) - prior * (at - centre)
        curve = np.zeros((len(counts), size + 1, size + 1))
        curve[:, :size, :size] = ((games * ((win + lose) / 4 - lean**2)) @ outer).reshape(-1, size, size)
        curve[:, :size, size] = curve[:, size, :size] = (-games * lean * draw) @ design
        curve[:, size, size] = (games * draw * (1 - draw)).sum(1)
        curve += np.diag(prior)
        step = np.clip(np.linalg.solve(curve, slope[:, :, None])[:, :, 0], -STEP_MAX, STEP_MAX)
        at += step
        if np.abs(step).max() < 1e-8:
            break
    return at[:, :size]


def _pair(vote: Vote) -> tuple[int, int]:
    return min(vote.first, vote.second), max(vote.first, vote.second)


def _tallies(votes: Sequence[Vote], people: Sequence[int], pairs: Sequence[tuple[int, int]]) -> Floats:
    """(people, pairs, 3): what each said of each two, at most VOTES_MAX of it."""
    whose, which = {one: at for at, one in enumerate(people)}, {one: at for at, one in enumerate(pairs)}
    told = np.zeros((len(people), len(pairs), 3))
    for one in votes:
        place = 1 if one.score == 0.5 else 0 if (one.score == 1) == (one.first < one.second) else 2
        told[whose[one.person], which[_pair(one)], place] += 1
    said = told.sum(2, keepdims=True)
    return told * np.minimum(1, VOTES_MAX / np.maximum(said, 1))


def _students(degrees: int) -> float:
    """How many standard deviations hold SURE of a Student's t; infinite for none. Source: Abramowitz and Stegun, 26.7.5."""
    if degrees < 1:
        return math.inf
    z = 1.959964
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2) \
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)  # fmt: skip
