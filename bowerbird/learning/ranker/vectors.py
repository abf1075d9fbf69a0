"""Two closed-form models of what goes with what. EASE (Steck, "Embarrassingly Shallow Autoencoders", 2019): one inverse of the posts' Gram matrix.
iALS (Hu, Koren and Volinsky 2008) in the form in which Rendle et al. ("Revisiting the Performance of iALS", 2021) found it level with everything
newer: a small weight on all that was not taken, and a penalty that grows with how much somebody took. Both are solved exactly, on the CPU, in
NumPy, and the same numbers in give the same bits out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bowerbird.learning.ranker.taken import Floats, Ints, Rows

DIMENSIONS = 64
NEIGHBOURS = 50
EASE_POSTS_MAX = 10_000  # the inverse takes the cube of it: about a minute on two cores
BATCH_CELLS = 250_000  # rows times their length in one batch of solves: 64 MB
BATCH_ROWS = 2_048


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
        row = weights[item]
        few = np.flatnonzero(row > 0)
        if len(few) > most:
            bar = -np.partition(-row[few], most - 1)[most - 1]
            few = few[row[few] >= bar]
        best = few[np.argsort(-row[few], kind="stable")][:most]
        which[item, : len(best)], how[item, : len(best)] = best, row[best]
    return which, how


def near(vectors: Floats) -> tuple[NDArray[np.int32], Floats]:
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
