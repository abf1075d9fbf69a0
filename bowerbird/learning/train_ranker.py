"""Train the feed's nightly model: exact vectors of posts from who took what, their nearest neighbours, a projection of captions, calibrated chances.
One dial: `--effort`.

    python -m bowerbird.learning.train_ranker --interactions taken.csv --out feed
    bowerbird learn ranker

Two closed-form models. EASE (Steck, "Embarrassingly Shallow Autoencoders", 2019): one inverse of the posts' Gram matrix. iALS (Hu, Koren and
Volinsky 2008) in the form in which Rendle et al. ("Revisiting the Performance of iALS", 2021) found it level with everything newer: a small
weight on all that was not taken, and a penalty that grows with how much somebody took. Both are solved exactly, on the CPU, in NumPy, and
the same numbers in give the same bits out. Nothing of it is needed on day one: the feed learns live, and this is one of its sources."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.events import log
from bowerbird.feed import stream
from bowerbird.feed.acts import SERVED_ACT_MS_MAX, STRENGTH, Act, Kind, trust

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

DIMENSIONS = 64
MEANING = 384  # numbers of a caption's embedding
NEIGHBOURS = 50
EASE_POSTS_MAX = 10_000  # the inverse takes the cube of it: about a minute on two cores
PAIRS_MAX, PER_PERSON_MAX = 5_000_000, 1_000
EVENTS_MAX, DAYS_MAX = 20_000_000, 365
MEANINGS_MAX = 100_000
BATCH_CELLS = 250_000  # rows times their length in one batch of solves: 64 MB
BATCH_ROWS = 2_048
PAIRS_MIN = 200
HELD_OUT_MAX = 5_000  # people whose last act is foretold for the figures
RANKER = "ranker.json"
# what teaches others what goes with what; opening and dwelling say too little, hiding is the person's own affair
TEACHES: frozenset[Kind] = frozenset({"like", "share", "keep", "remix"})


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
class Taken:
    """Who took what, when and how gladly: one row a pair. `users` and `items` count from 0; `people` and `posts` are their ids."""

    users: Ints
    items: Ints
    weights: Floats
    times_ms: Ints
    people: Ints
    posts: Ints

    @classmethod
    def of(cls, people: list[int], posts: list[int], weights: list[float], times_ms: list[int]) -> Taken:
        """From plain lists; a pair that came twice keeps its greatest weight and its latest time. The order of rows is nothing to it."""
        who, users = np.unique(np.array(people, np.int64), return_inverse=True)
        what, items = np.unique(np.array(posts, np.int64), return_inverse=True)
        pairs, at = np.unique(users * max(1, len(what)) + items, return_inverse=True)
        gladly, late = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.int64)
        np.maximum.at(gladly, at, np.array(weights, np.float32))
        np.maximum.at(late, at, np.array(times_ms, np.int64))
        width = max(1, len(what))
        return cls(pairs // width, pairs % width, gladly, late, who, what)

    def only(self, rows: NDArray[np.bool_]) -> Taken:
        """Some rows of it, everyone and everything numbered as before."""
        return Taken(self.users[rows], self.items[rows], self.weights[rows], self.times_ms[rows], self.people, self.posts)


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix by rows: row r has `columns[starts[r]:starts[r + 1]]`, sorted, each once, with `values`."""

    starts: Ints
    columns: Ints
    values: Floats

    @classmethod
    def of(cls, rows: Ints, columns: Ints, values: Floats | None, n_rows: int, n_columns: int) -> Rows:
        """Pairs in any order; of those that come twice the greatest value counts. Raises ValueError where a number is out of range."""
        if len(rows) and (min(rows.min(), columns.min()) < 0 or rows.max() >= n_rows or columns.max() >= n_columns):
            raise ValueError(f"pairs beyond {n_rows} rows and {n_columns} columns")
        pairs, at = np.unique(rows.astype(np.int64) * max(1, n_columns) + columns, return_inverse=True)
        merged = np.zeros(len(pairs), np.float32)
        np.maximum.at(merged, at, 1.0 if values is None else values.astype(np.float32))
        starts = np.searchsorted(pairs, np.arange(n_rows + 1) * max(1, n_columns))
        return cls(starts.astype(np.int64), pairs % max(1, n_columns), merged)

    @property
    def lengths(self) -> Ints:
        """How much is in each row."""
        return np.diff(self.starts)

    def row(self, number: int) -> Ints:
        """The columns of one row."""
        return self.columns[self.starts[number] : self.starts[number + 1]]


def ease(users: Ints, items: Ints, n_users: int, n_items: int, l2: float, weights: Floats | None = None) -> Floats:
    """EASE's weights [items, items], diagonal 0: what somebody took, as a row of ones, times this is their score of everything.

    The Gram matrix is summed person by person, so that nothing of the size people × items is ever made. A weight under one makes a taking
    count less; none counts more than one. Raises ValueError over EASE_POSTS_MAX items."""
    if n_items > EASE_POSTS_MAX:
        raise ValueError(f"{n_items} items; the inverse is taken of at most {EASE_POSTS_MAX}")
    taken = Rows.of(users, items, weights, n_users, n_items)
    much = np.minimum(1, taken.values)
    gram = np.zeros((n_items, n_items), np.float64 if n_items <= EASE_POSTS_MAX // 2 else np.float32)
    for person in np.flatnonzero(taken.lengths > 1):
        mine = taken.row(int(person))
        root = np.sqrt(much[taken.starts[person] : taken.starts[person + 1]])
        gram[np.ix_(mine, mine)] += root[:, None] * root
    np.fill_diagonal(gram, np.bincount(taken.columns, much, n_items) + l2)
    inverse = np.linalg.inv(gram)
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0)
    return inverse.astype(np.float32)


def ials(
    users: Ints,
    items: Ints,
    weights: Floats | None,
    n_users: int,
    n_items: int,
    *,
    dims: int = DIMENSIONS,
    epochs: int = 12,
    l2: float = 0.003,
    alpha: float = 0.1,
    power: float = 1.0,
    seed: int = 0,
    start: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Floats]:
    """Vectors of people [users, dims] and items [items, dims] whose products are near 1 where something was taken, and near 0 elsewhere.

    `weights` is how much a taking counts (None: one), `alpha` how much every cell counts in which nothing was, `l2` the penalty, multiplied with
    (count + alpha × size of the other side) ** `power`: the frequency-scaled penalty without which Rendle et al. found it far below its best."""
    dice = np.random.default_rng(seed)
    drawn = [(dice.standard_normal((size, dims)) * 0.1 / np.sqrt(dims)).astype(np.float32) for size in (n_users, n_items)]
    u, v = (each.copy() for each in start or drawn)
    by_user = Rows.of(users, items, weights, n_users, n_items)
    by_item = Rows.of(items, users, weights, n_items, n_users)
    for _ in range(epochs):
        solved(by_user, v, u, l2, alpha, power)
        solved(by_item, u, v, l2, alpha, power)
    solved(by_user, v, u, l2, alpha, power)
    return u, v


def solved(rows: Rows, others: Floats, out: Floats, l2: float, alpha: float, power: float = 1.0) -> None:
    """The exact minimum for each row while `others` stand still, written to `out`: normal equations, solved in batches of rows of like length."""
    dims = others.shape[1]
    everything = alpha * (others.T @ others)
    eye = np.eye(dims, dtype=np.float32)
    lengths = rows.lengths
    for batch in _batches(lengths):
        width = int(lengths[batch].max())
        if width == 0:
            out[batch] = 0
            continue
        at = rows.starts[batch][:, None] + np.arange(width)
        real = np.arange(width) < lengths[batch][:, None]
        at = np.where(real, at, 0)
        near = others[rows.columns[at]]
        counts = np.where(real, rows.values[at], 0).astype(np.float32)[:, :, None]
        left = (near * counts).transpose(0, 2, 1) @ near
        penalty = (l2 * (lengths[batch] + alpha * len(others)) ** power).astype(np.float32)
        left += everything + penalty[:, None, None] * eye
        right = (near * counts).sum(axis=1)
        out[batch] = np.linalg.solve(left, right[:, :, None])[:, :, 0]


def _batches(lengths: Ints) -> Iterator[Ints]:
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = min(len(order), start + BATCH_ROWS)
        while end > start + 1 and (end - start) * int(lengths[order[end - 1]]) > BATCH_CELLS:
            end = start + max(1, (end - start) // 2)
        yield order[start:end]
        start = end


def folded(items: Ints, vectors: Floats, *, l2: float, alpha: float, power: float = 1.0) -> Floats:
    """[dims]: where somebody stands who took `items`, without training anew."""
    out = np.zeros((1, vectors.shape[1]), np.float32)
    solved(Rows.of(np.zeros(len(items), np.int64), items, None, 1, len(vectors)), vectors, out, l2, alpha, power)
    return out[0]


def neighbours(weights: Floats, most: int = NEIGHBOURS) -> tuple[NDArray[np.int32], Floats]:
    """The greatest weights of each item: (numbers, weights), both [items, most], greatest first; -1 and 0 where there are no more.

    `weights[i, j]` is what having taken i says for j. Equals are ordered by number."""
    n_items = len(weights)
    which, how = np.full((n_items, most), -1, np.int32), np.zeros((n_items, most), np.float32)
    for item in range(n_items):
        best = np.argsort(-weights[item], kind="stable")[:most]
        best = best[weights[item, best] > 0]
        which[item, : len(best)], how[item, : len(best)] = best, weights[item, best]
    return which, how


def projection(vectors: Floats, dims: int = DIMENSIONS) -> Floats:
    """[width, dims]: the directions in which `vectors` [n, width] differ most, without a shift, so that products survive it as well as may be.

    Each direction's largest number is positive, and where there are too few vectors the rest is filled in a fixed order: same in, same out."""
    width = vectors.shape[1]
    wide = vectors.astype(np.float64)
    spread = wide.T @ wide / max(1, len(vectors))
    spread += np.diag(np.linspace(2e-9, 1e-9, width))  # tells apart what nothing was seen of
    _, directions = np.linalg.eigh(spread)
    best = directions[:, ::-1][:, :dims]
    signs = np.sign(best[np.argmax(np.abs(best), axis=0), np.arange(best.shape[1])])
    return (best * signs).astype(np.float32)


def kept(vectors: Floats, projected: Floats) -> float:
    """Which share of the vectors' length a projection keeps, 0 to 1."""
    whole = float(np.sum(vectors.astype(np.float64) ** 2))
    return float(np.sum((vectors.astype(np.float64) @ projected.astype(np.float64)) ** 2)) / whole if whole else 0.0


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


Score = Callable[[Ints], NDArray[Any]]  # people's numbers -> their scores of everything [people, items]


@dataclass(frozen=True, slots=True)
class Exam:
    """The last act of each of some people, which the models have not seen: in order, with what there is to learn from before it."""

    before: Taken
    people: Ints
    answers: Ints

    @classmethod
    def of(cls, taken: Taken) -> Exam:
        """The newest thing of everyone who took at least three; of HELD_OUT_MAX people at most, evenly chosen."""
        order = np.lexsort((taken.items, taken.times_ms, taken.users))
        last = order[np.append(np.diff(taken.users[order]) > 0, True)] if len(order) else order
        counts = np.bincount(taken.users, minlength=len(taken.people))
        last = last[counts[taken.users[last]] >= 3]
        last = last[:: max(1, -(-len(last) // HELD_OUT_MAX))]
        rest = np.ones(len(taken.users), np.bool_)
        rest[last] = False
        return cls(taken.only(rest), taken.users[last], taken.items[last])

    def marked(self, score: Score) -> dict[str, float]:
        """Of all that they had not taken, was it among the first 20, and how far up: {"hr@20", "ndcg@20"}."""
        mine = Rows.of(self.before.users, self.before.items, None, len(self.before.people), len(self.before.posts))
        hits, gains = 0, 0.0
        for start in range(0, len(self.people), 256):
            who, answers = self.people[start : start + 256], self.answers[start : start + 256]
            scores = np.array(score(who), np.float64)
            for n, person in enumerate(who):
                scores[n, mine.row(int(person))] = -np.inf
            own = scores[np.arange(len(who)), answers]
            # what scores the same stands before it: a model that says nothing must not be praised
            above = (scores >= own[:, None]).sum(axis=1) - 1
            hits += int((above < 20).sum())
            gains += float((1 / np.log2(above[above < 20] + 2)).sum())
        many = max(1, len(self.people))
        return {"hr@20": round(hits / many, 5), "ndcg@20": round(gains / many, 5)}


def ease_score(taken: Taken, weights: Floats) -> Score:
    """Everyone's scores by EASE."""
    mine = Rows.of(taken.users, taken.items, None, len(taken.people), len(taken.posts))
    return lambda who: np.stack([weights[mine.row(int(person))].sum(axis=0) for person in who])


def popular_score(taken: Taken) -> Score:
    """The same for everyone: how many took it."""
    counts = np.bincount(taken.items, minlength=len(taken.posts)).astype(np.float64)
    return lambda who: np.tile(counts, (len(who), 1))


@dataclass(frozen=True, slots=True)
class Model:
    """What is written for the feed. `neighbour_rows` are rows of `posts`."""

    posts: Ints
    vectors: Floats
    neighbour_rows: NDArray[np.int32]
    neighbour_weights: Floats
    projection: Floats | None
    figures: dict[str, Any]


def learned(taken: Taken, effort: Effort, meanings: Floats | None = None, say: Callable[[str], None] = print) -> Model:
    """The whole of a night: choose the penalties on held-out acts, then learn from everything. Raises ValueError under PAIRS_MIN pairs."""
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
    _, vectors = ials(taken.users, taken.items, taken.weights, n_users, n_items, epochs=effort.epochs, l2=l2, alpha=alpha)
    if ease_l2 is not None:
        rows, weights = neighbours(ease(taken.users, taken.items, n_users, n_items, ease_l2, taken.weights))
    else:
        rows, weights = _near(vectors)
    projected = None if meanings is None or not len(meanings) else projection(meanings)
    if projected is not None and meanings is not None:
        figures["captions"] = {"count": len(meanings), "kept": round(kept(meanings, projected), 4)}
    figures["seconds"] = round(time.monotonic() - began, 2)
    say(f"done in {figures['seconds']} s")
    return Model(taken.posts, vectors, rows, weights, projected, figures)


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


def _near(vectors: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Neighbours by cosine, where there are too many posts for EASE."""
    unit = vectors / np.maximum(1e-12, np.linalg.norm(vectors, axis=1, keepdims=True))
    which, how = np.full((len(unit), NEIGHBOURS), -1, np.int32), np.zeros((len(unit), NEIGHBOURS), np.float32)
    for start in range(0, len(unit), 512):
        likeness = unit[start : start + 512] @ unit.T
        likeness[np.arange(len(likeness)), np.arange(start, start + len(likeness))] = -1
        few = np.sort(np.argpartition(-likeness, min(NEIGHBOURS, len(unit) - 1), axis=1)[:, :NEIGHBOURS], axis=1)
        values = np.take_along_axis(likeness, few, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        few, values = np.take_along_axis(few, order, axis=1), np.take_along_axis(values, order, axis=1)
        which[start : start + 512, : few.shape[1]] = np.where(values > 0, few, -1)
        how[start : start + 512, : few.shape[1]] = np.maximum(values, 0)
    return which, how


def write(model: Model, out: Path) -> str:
    """Into `out`, whole or not at all: files named by their hash first, then `ranker.json` that names them, then the old ones go. Its hash."""
    out.mkdir(parents=True, exist_ok=True)
    parts: dict[str, NDArray[Any]] = {
        "posts": model.posts, "vectors": model.vectors, "neighbours": model.neighbour_rows, "neighbour_weights": model.neighbour_weights,
    }  # fmt: skip
    if model.projection is not None:
        parts["projection"] = model.projection
    files: dict[str, str] = {}
    for name, array in parts.items():
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        files[name] = f"{name}-{digest[:16]}.npy"
        partly = out / f"{files[name]}.part"
        with partly.open("wb") as file:
            np.save(file, array)
        partly.replace(out / files[name])
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    partly = out / f"{RANKER}.part"
    partly.write_text(json.dumps({"sha256": digest, "files": files, "figures": model.figures}, indent=1) + "\n", "utf-8")
    partly.replace(out / RANKER)
    for old in out.glob("*-" + "[0-9a-f]" * 16 + ".npy"):
        if old.name not in files.values() and old.name.rpartition("-")[0] in {*parts, "projection"}:
            old.unlink()
    return digest


def from_file(file: Path) -> Taken:
    """Columns `user,item,time` (seconds) and perhaps `weight`, named in the first line; numbers. Raises ValueError naming the line."""
    people, posts, weights, times = list[int](), list[int](), list[float](), list[int]()
    with file.open(encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text), 2):
            try:
                people.append(int(row["user"]))
                posts.append(int(row["item"]))
                times.append(int(float(row["time"]) * 1000))
                weights.append(float(row.get("weight") or 1))
            except (KeyError, TypeError, ValueError) as wrong:
                raise ValueError(f"{file}, line {number}: user, item and time are wanted as numbers, there is {row}") from wrong
            if number > PAIRS_MAX:
                break
    return Taken.of(people, posts, weights, times)


async def from_house(db: Database) -> Taken:
    """What may be learned from (`personalise`), as the feed reads it, of the last DAYS_MAX days and of each person the newest PER_PERSON_MAX.

    Only what somebody was shown before they took it, as long as it was not taken back; AI accounts teach nothing, new accounts weigh less."""
    machines = set(await db.values("select id from accounts.people where bot"))
    shown: dict[tuple[int, int], int] = {}  # (person, post): when last
    said: dict[int, dict[tuple[int, str], Act]] = {}  # of each person what stands, oldest first
    on = ids.before(datetime.now(UTC) - timedelta(days=DAYS_MAX))
    for _ in range(0, EVENTS_MAX, log.PAGE_MAX):
        found, on = await stream.acts(db, on)
        for act in found:
            if act.kind == "served":
                shown |= {(act.person_id, post): act.at_ms for post in act.served}
            if act.kind not in TEACHES or act.person_id in machines:
                continue
            mine, key = said.setdefault(act.person_id, {}), (act.post_id, str(act.kind))
            mine.pop(key, None)
            if not act.undone and act.at_ms - shown.get((act.person_id, act.post_id), -SERVED_ACT_MS_MAX) <= SERVED_ACT_MS_MAX:
                mine[key] = act
                if len(mine) > PER_PERSON_MAX:
                    del mine[next(iter(mine))]
        if not on:
            break
    acts = [act for mine in said.values() for act in mine.values()]
    born = {person: int(ids.at(person).timestamp() * 1000) for person in said}
    weights = [STRENGTH[act.kind] * trust(born[act.person_id], act.at_ms) / 16 for act in acts]
    return Taken.of([act.person_id for act in acts], [act.post_id for act in acts], weights, [act.at_ms for act in acts])


async def meanings(db: Database) -> Floats:
    """[n, MEANING]: what the newest public posts mean, at most MEANINGS_MAX of them."""
    found = await db.values(
        """select m.meaning::real[] from social.meanings m join social.posts s on s.id = m.post_id
           where s.deleted_at is null and s.visibility = 'public' order by m.post_id desc limit %s""",
        MEANINGS_MAX,
    )  # fmt: skip
    return np.array(found, np.float32).reshape(-1, MEANING)


def main() -> None:
    """Train from the command line, on a file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "--interactions", type=Path, required=True, help="a CSV file with the columns user, item, time and perhaps weight"
    )
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--effort", choices=sorted(EFFORTS), default="nightly")
    given = asked.parse_args()
    model = learned(from_file(given.interactions), EFFORTS[given.effort])
    print(json.dumps({"sha256": write(model, given.out), **model.figures}))


if __name__ == "__main__":
    main()
