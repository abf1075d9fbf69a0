"""The whole of a night: penalties chosen on held-out acts, then everything learned from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.learning.ranker.calibration import buckets, isotonic, off, platt
from bowerbird.learning.ranker.exam import Exam, ease_score, popular_score
from bowerbird.learning.ranker.taken import Floats, Ints, Taken
from bowerbird.learning.ranker.vectors import EASE_POSTS_MAX, ease, ials, near, neighbours

PAIRS_MIN = 200


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: rounds of iALS, and which penalties are tried on held-out acts, the best taken."""

    epochs: int
    ease_l2: tuple[float, ...]
    ials_l2: tuple[float, ...]
    alphas: tuple[float, ...]


EFFORTS = {
    "quick": Effort(6, (200.0,), (0.003,), (0.1,)),
    "nightly": Effort(12, (50.0, 200.0, 600.0), (0.001, 0.01), (0.03, 0.3)),
    "thorough": Effort(
        16, (20.0, 50.0, 100.0, 200.0, 400.0, 800.0), (0.0003, 0.001, 0.003, 0.01, 0.03), (0.01, 0.03, 0.1, 0.3, 1.0)
    ),
}


@dataclass(frozen=True, slots=True)
class Model:
    """What is written for the feed. `neighbour_rows` are rows of `posts`."""

    posts: Ints
    vectors: Floats
    neighbour_rows: NDArray[np.int32]
    neighbour_weights: Floats
    figures: dict[str, Any]
    l2: float  # with which the vectors were learned
    alpha: float
    learned_ms: int


@dataclass(frozen=True, slots=True)
class Tuned:
    """The penalties that foretell most; `ease_l2` None where there are too many posts for EASE. `figures`: how they were found."""

    ease_l2: float | None
    l2: float
    alpha: float
    epochs: int
    figures: dict[str, Any]


def learned(taken: Taken, effort: Effort, say: Callable[[str], None] = print) -> Model:
    """The whole of a night: choose the penalties on held-out acts, then learn from everything. Raises ValueError under PAIRS_MIN pairs."""
    return fitted(taken, tuned(taken, effort, say))


def tuned(taken: Taken, effort: Effort, say: Callable[[str], None] = print) -> Tuned:
    """Choose the penalties on held-out acts. Raises ValueError under PAIRS_MIN pairs."""
    if len(taken.users) < PAIRS_MIN:
        raise ValueError(f"{len(taken.users)} acts that may be learned from are too few: {PAIRS_MIN} are needed")
    began = time.monotonic()
    n_users, n_items = len(taken.people), len(taken.posts)
    say(f"{len(taken.users)} acts of {n_users} people on {n_items} posts")
    exam = Exam.of(taken)
    figures: dict[str, Any] = {"pairs": len(taken.users), "people": n_users, "posts": n_items, "held_out": len(exam.people)}
    figures["popular"] = exam.marked(popular_score(exam.before))
    say(f"popular: {figures['popular']}")
    ease_l2 = best_ease(exam, effort, figures, say) if n_items <= EASE_POSTS_MAX else None
    l2, alpha = best_ials(exam, effort, figures, say)
    figures["seconds"] = round(time.monotonic() - began, 2)
    say(f"done in {figures['seconds']} s")
    return Tuned(ease_l2, l2, alpha, effort.epochs, figures)


def fitted(taken: Taken, by: Tuned) -> Model:
    """Learn from everything, with these penalties."""
    n_users, n_items = len(taken.people), len(taken.posts)
    _, vectors = ials(taken.users, taken.items, taken.weights, n_users, n_items, epochs=by.epochs, l2=by.l2, alpha=by.alpha)
    if by.ease_l2 is not None:
        rows, weights = neighbours(ease(taken.users, taken.items, n_users, n_items, by.ease_l2, taken.weights))
    else:
        rows, weights = near(vectors)
    return Model(taken.posts, vectors, rows, weights, by.figures, by.l2, by.alpha, time.time_ns() // 1_000_000)


def best_ease(exam: Exam, effort: Effort, figures: dict[str, Any], say: Callable[[str], None]) -> float:
    """The penalty with which EASE foretells most of an exam; how it went is added to `figures`."""
    before, marks = exam.before, dict[float, dict[str, float]]()
    for l2 in effort.ease_l2:
        began = time.monotonic()
        weights = ease(before.users, before.items, len(before.people), len(before.posts), l2, before.weights)
        marks[l2] = exam.marked(ease_score(before, weights))
        say(f"EASE, penalty {l2:g}: {marks[l2]}, {time.monotonic() - began:.1f} s")
    best = max(marks, key=lambda l2: marks[l2]["ndcg@20"])
    figures["ease"] = {**marks[best], "l2": best}
    return best


def best_ials(exam: Exam, effort: Effort, figures: dict[str, Any], say: Callable[[str], None]) -> tuple[float, float]:
    """(penalty, alpha) with which iALS foretells most of an exam; how it went, and how well calibrated, is added to `figures`."""
    before, marks = exam.before, dict[tuple[float, float], dict[str, float]]()
    best, chosen = (effort.ials_l2[0], effort.alphas[0]), None
    for l2, alpha in ((l2, alpha) for l2 in effort.ials_l2 for alpha in effort.alphas):
        began = time.monotonic()
        shape = len(before.people), len(before.posts)
        u, v = ials(before.users, before.items, before.weights, *shape, epochs=effort.epochs, l2=l2, alpha=alpha)
        marks[l2, alpha] = exam.marked(lambda who, u=u, v=v: u[who] @ v.T)
        say(f"iALS, penalty {l2:g}, alpha {alpha:g}: {marks[l2, alpha]}, {time.monotonic() - began:.1f} s")
        if chosen is None or marks[l2, alpha]["ndcg@20"] > marks[best]["ndcg@20"]:
            best, chosen = (l2, alpha), (u, v)
    assert chosen is not None
    figures["ials"] = {**marks[best], "l2": best[0], "alpha": best[1]}
    figures["calibration"] = _calibration(exam, *chosen)
    say(f"iALS, calibrated: {figures['calibration']}")
    return best


def _calibration(exam: Exam, u: Floats, v: Floats) -> dict[str, Any]:
    """Chances from iALS products: learned on every other person's held-out act, tried on the rest. 50 posts stand for all that was not taken."""
    dice = np.random.default_rng(0)
    other = dice.integers(len(v), size=(len(exam.people), 50))
    scores = np.concatenate(
        [np.sum(u[exam.people] * v[exam.answers], axis=1), np.einsum("pd,pnd->pn", u[exam.people], v[other]).ravel()]
    )
    labels = np.concatenate([np.ones(len(exam.people)), np.zeros(other.size)])
    weights = np.concatenate([np.ones(len(exam.people)), np.full(other.size, len(v) / 50)])
    taught = np.concatenate([np.arange(len(exam.people)) % 2 == 0, np.repeat(np.arange(len(exam.people)) % 2 == 0, 50)])
    if not labels[taught].any() or not labels[~taught].any():
        return {}
    slope, shift = platt(scores[taught], labels[taught], weights[taught])
    line = isotonic(scores[taught], labels[taught], weights[taught])
    tried = scores[~taught], labels[~taught], weights[~taught]
    straight = buckets(1 / (1 + np.exp(-np.clip(slope * tried[0] + shift, -30, 30))), *tried[1:])
    stepped = buckets(np.interp(tried[0], *line), *tried[1:])
    return {"slope": slope, "shift": shift, "off": off(straight), "off_isotonic": off(stepped)}
