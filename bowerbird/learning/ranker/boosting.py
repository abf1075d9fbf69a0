"""Gradient boosting (Friedman, 2001) of small trees over counted bins, in NumPy: every tree asks one question a level of all posts, as CatBoost's do
(Prokhorenkova et al., 2018), each head has trees of its own, and how many is told by what was held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import HEADS
from bowerbird.feed.counts import PRIOR
from bowerbird.feed.trees import Trees
from bowerbird.feed.values import values
from bowerbird.learning.ranker.taken import Floats

BINS = 32
DEPTH, TREES, RATE = 3, 60, 0.15
PENALTY = 4.0  # added to the bend of every leaf: few posts prove little
COLUMNS = 0.6  # of the features each tree may ask about
HELD_OUT, PATIENCE = 0.2, 8
HAPPENED_MIN = 30  # of which a head has no trees
TRIED_MAX = 40  # questions that are looked at, the most telling first, for one that keeps the signs
PRIOR_TOLD = 50.0
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was shown, in the order of time: features [posts, features], what happened [posts, heads], which heads are told of it, and how much it
    weighs [posts]."""

    x: Floats
    happened: NDArray[np.bool_]
    told: NDArray[np.bool_]
    weights: Floats


@dataclass(slots=True)
class _Grown:
    """One tree: questions and what is said at every node."""

    asked: list[int]
    bins: list[int]
    said: list[Numbers]


def boosted(lesson: Lesson, *, trees: int = TREES, seed: int = 0) -> tuple[Trees, dict[str, Any]]:
    """Trees for all heads, and how much less surprised than a constant each is by what was held out."""
    edges = [_edges(lesson.x[:, column]) for column in range(lesson.x.shape[1])]
    binned = np.stack([np.searchsorted(one, lesson.x[:, column], "left") for column, one in enumerate(edges)], axis=1).astype(
        np.uint8
    )
    grown: list[list[_Grown]] = []
    biases, figures = np.zeros(len(HEADS)), dict[str, Any]()
    signs = values().prior().signs
    for number, head in enumerate(HEADS):
        rows = np.flatnonzero(lesson.told[:, number])
        y, w = lesson.happened[rows, number].astype(np.float64), lesson.weights[rows].astype(np.float64)
        base = (float(w @ y) + PRIOR_TOLD * PRIOR[head]) / (float(w.sum()) + PRIOR_TOLD)
        biases[number] = np.log(base / (1 - base))
        enough = HAPPENED_MIN <= y.sum() <= len(y) - HAPPENED_MIN
        own, gained = _head(binned[rows], y, w, float(biases[number]), signs[number], trees, seed) if enough else ([], 0.0)
        grown.append(own)
        figures[head] = {"told": len(rows), "happened": int(y.sum()), "trees": len(own), "gained": round(gained, 5)}
    return _packed(grown, edges, biases), figures


def _edges(column: Floats) -> Floats:
    """Up to BINS - 1 numbers that part a feature's values evenly."""
    if not len(column):
        return column
    found = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1], method="lower")).astype(np.float32)
    return found[found < column.max()]


def _head(
    binned: NDArray[np.uint8], y: Numbers, w: Numbers, bias: float, signs: NDArray[np.int8], most: int, seed: int
) -> tuple[list[_Grown], float]:
    taught = int(len(y) * (1 - HELD_OUT))
    dice, margins = np.random.default_rng(seed), np.full(len(y), bias)
    own: list[_Grown] = []
    first = best = _surprise(margins[taught:], y[taught:], w[taught:])
    count = 0
    while len(own) < most and len(own) - count < PATIENCE:
        columns = np.sort(dice.permutation(binned.shape[1])[: max(1, int(COLUMNS * binned.shape[1]))])
        tree = _tree(binned[:taught], y[:taught], w[:taught], margins[:taught], columns, signs)
        if not tree.asked:
            break
        at = np.zeros(len(y), np.int64)
        for asked, cut in zip(tree.asked, tree.bins, strict=True):
            at = 2 * at + (binned[:, asked] > cut)
        margins += tree.said[-1][at]
        own.append(tree)
        now = _surprise(margins[taught:], y[taught:], w[taught:])
        if now < best:
            best, count = now, len(own)
    return own[:count], first - best


def _surprise(margins: Numbers, y: Numbers, w: Numbers) -> float:
    """The mean logarithmic loss."""
    return float(w @ (np.logaddexp(0, margins) - y * margins)) / max(1e-9, float(w.sum()))


def _tree(
    binned: NDArray[np.uint8], y: Numbers, w: Numbers, margins: Numbers, columns: NDArray[np.int64], signs: NDArray[np.int8]
) -> _Grown:
    chances = 1 / (1 + np.exp(-np.clip(margins, -30, 30)))
    slope, bend = w * (y - chances), w * chances * (1 - chances)
    tree = _Grown([], [], [_leaf(np.array([slope.sum()]), np.array([bend.sum()]))])
    at = np.zeros(len(y), np.int64)
    place = np.arange(len(columns)) * BINS + binned[:, columns]
    for level in range(DEPTH):
        nodes, wide = 2**level, len(columns) * BINS
        where = (at[:, None] * wide + place).ravel()
        steep, bent = (
            np.bincount(where, np.repeat(part, len(columns)), nodes * wide).astype(np.float64).reshape(nodes, len(columns), BINS)
            for part in (slope, bend)
        )
        cut = _question(steep, bent, tree, columns, signs)
        if cut is None:
            break
        column, bin_, said = cut
        tree.asked.append(int(columns[column]))
        tree.bins.append(bin_)
        tree.said.append(said)
        at = 2 * at + (binned[:, columns[column]] > bin_)
    return tree


def _leaf(slope: Numbers, bend: Numbers) -> Numbers:
    return RATE * slope / (bend + PENALTY)


def _question(
    slope: Numbers, bend: Numbers, tree: _Grown, columns: NDArray[np.int64], signs: NDArray[np.int8]
) -> tuple[int, int, Numbers] | None:
    """(place among the columns, bin, what is said in the leaves below) of the question that tells most; none that turns a feature's sign."""
    low = np.cumsum(slope, axis=2)[:, :, :-1], np.cumsum(bend, axis=2)[:, :, :-1]
    high = slope.sum(axis=2, keepdims=True) - low[0], bend.sum(axis=2, keepdims=True) - low[1]
    whole = slope.sum(axis=2) ** 2 / (bend.sum(axis=2) + PENALTY)
    gain = (low[0] ** 2 / (low[1] + PENALTY) + high[0] ** 2 / (high[1] + PENALTY)).sum(axis=0) - whole.sum(axis=0)[:, None]
    for flat in np.argsort(-gain, axis=None, kind="stable")[:TRIED_MAX].tolist():
        column, bin_ = divmod(flat, gain.shape[1])
        if gain[column, bin_] <= 1e-9:
            return None
        said = np.stack([_leaf(side[0][:, column, bin_], side[1][:, column, bin_]) for side in (low, high)], axis=1).ravel()
        if _keeps(said, [*tree.asked, int(columns[column])], signs):
            return column, bin_, said
    return None


def _keeps(said: Numbers, asked: list[int], signs: NDArray[np.int8]) -> bool:
    """Whether in no leaf a feature that has a sign means the opposite."""
    for level, feature in enumerate(asked):
        if signs[feature]:
            pairs = said.reshape(2**level, 2, -1)
            if (signs[feature] * (pairs[:, 1] - pairs[:, 0]) < -1e-12).any():
                return False
    return True


def _packed(grown: list[list[_Grown]], edges: list[Floats], biases: Numbers) -> Trees:
    most = max((len(own) for own in grown), default=0)
    asked = np.zeros((len(HEADS), most, DEPTH), np.int32)
    over = np.full((len(HEADS), most, DEPTH), np.inf, np.float32)
    said = np.zeros((len(HEADS), most, 2 ** (DEPTH + 1) - 1))
    for head, own in enumerate(grown):
        for number, tree in enumerate(own):
            for level in range(DEPTH + 1):
                begin = 2**level - 1
                if level < len(tree.said):
                    said[head, number, begin : 2 * begin + 1] = tree.said[level]
                else:  # it asks no more: whoever is there stays, on the left
                    said[head, number, begin : 2 * begin + 1] = np.repeat(said[head, number, (begin - 1) // 2 : begin], 2)
            for level, (feature, cut) in enumerate(zip(tree.asked, tree.bins, strict=True)):
                asked[head, number, level] = feature
                over[head, number, level] = edges[feature][cut] if cut < len(edges[feature]) else np.inf
    return Trees(asked, over, said, biases)
