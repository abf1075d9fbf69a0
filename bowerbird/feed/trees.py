"""Boosted trees in place of the eight heads: a challenger out of a file. Each tree asks the same question of every post at one level, so that the
leaf a post falls into is a number made of yes and no, and a thousand of them are read at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.core.errors import Invalid
from bowerbird.feed.acts import HEADS
from bowerbird.feed.catalogue import Floats
from bowerbird.feed.features import NAMES
from bowerbird.feed.heads import Matrix, sigmoid

KIND = "trees"
DEPTH_MAX, TREES_MAX = 6, 500
MARGIN_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Trees:
    """`asked` and `over`: of each tree [heads, trees, depth] which feature is over which number. `said`: what a post is worth at every node on its
    way, level after level from the root [heads, trees, 2^(depth + 1) - 1]; a tree says what stands in the leaf. `biases` [heads]."""

    asked: NDArray[np.int32]
    over: Floats
    said: Matrix
    biases: Matrix

    @property
    def digest(self) -> str:
        """Of every number in them."""
        told = hashlib.sha256()
        for part in (self.asked, self.over, self.said, self.biases):
            told.update(np.ascontiguousarray(part).tobytes())
        return told.hexdigest()[:16]

    def margins(self, x: Floats) -> Matrix:
        """[posts, heads]: logarithms of the odds."""
        margins = np.tile(self.biases, (len(x), 1))
        begins = np.arange(self.said.shape[1])[:, None] * self.said.shape[2] + (self.said.shape[2] // 2)  # of each tree's leaves
        for head, leaves in enumerate(self._leaves(x)):
            margins[:, head] += self.said[head].ravel()[leaves + begins].sum(axis=0)
        return margins

    def chances(self, x: Floats) -> Matrix:
        """[posts, heads]: how likely each of the eight is."""
        return sigmoid(self.margins(x))

    def attributed(self, x: Floats, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], Matrix]:
        """What each feature adds to the value of each post, [posts] with no feature at all and [posts, features]: they sum to `chances` @ `values`.

        On its way down a tree each question changes what is said of a post; that change is the feature's (Saabas, 2014). The chance is then
        shared out over these as it is with the heads, along the straight line from nothing to the post."""
        moved = self._moved(x)
        z = moved.sum(axis=2)
        begin = self.biases + self.said[:, :, 0].sum(axis=1)
        p, p0 = sigmoid(z + begin), sigmoid(begin)
        far = np.abs(z) > 1e-9
        slope = np.where(far, (p - p0) / np.where(far, z, 1.0), p0 * (1 - p0))
        shared = np.einsum("ph,phf->pf", values * slope, moved)
        return p @ values - shared.sum(axis=1), shared

    def _leaves(self, x: Floats) -> list[NDArray[np.uint8]]:
        """Of each head [trees, posts]: in which leaf each post ends."""
        columns = np.ascontiguousarray(x.T.astype(np.float32))
        found: list[NDArray[np.uint8]] = []
        for asked, over in zip(self.asked, self.over, strict=True):
            at = np.zeros((len(asked), len(x)), np.uint8)
            for level in range(self.asked.shape[2]):
                at += at
                at += columns[asked[:, level]] > over[:, level, None]
            found.append(at)
        return found

    def _moved(self, x: Floats) -> Matrix:
        """[posts, heads, features]: by how much the questions about each feature changed what is said."""
        columns = np.ascontiguousarray(x.T.astype(np.float32))
        moved = np.zeros((x.shape[1], len(self.asked), len(x)))
        for head, (asked, over) in enumerate(zip(self.asked, self.over, strict=True)):
            at = np.zeros((len(asked), len(x)), np.int64)
            before = np.tile(self.said[head, :, :1], (1, len(x)))
            for level in range(self.asked.shape[2]):
                at = 2 * at + (columns[asked[:, level]] > over[:, level, None])
                after = np.take_along_axis(self.said[head], at + (2 ** (level + 1) - 1), axis=1)
                np.add.at(moved[:, head], asked[:, level], after - before)
                before = after
        return moved.transpose(2, 1, 0)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As they are written to a file."""
        named = {"kind": np.array(KIND), "features": np.array(list(NAMES))}
        return named | {"asked": self.asked, "over": self.over, "said": self.said, "biases": self.biases}


def read(arrays: Mapping[str, NDArray[Any]]) -> Trees:
    """Out of a file. Raises Invalid where its parts do not fit each other."""
    try:
        asked, over, said, biases = (arrays[name] for name in ("asked", "over", "said", "biases"))
    except KeyError as missing:
        raise Invalid("That file lacks a part of its trees.") from missing
    if asked.ndim != 3 or asked.dtype.kind != "i" or any(part.dtype.kind != "f" for part in (over, said, biases)):
        raise Invalid("That file holds no trees.")
    heads, trees, depth = asked.shape
    fit = (
        over.shape == asked.shape
        and depth <= DEPTH_MAX
        and said.shape == (heads, trees, 2 ** (depth + 1) - 1)
        and biases.shape == (heads,)
    )
    if (
        not fit
        or heads != len(HEADS)
        or trees > TREES_MAX
        or (asked.size and not (asked.min() >= 0 and asked.max() < len(NAMES)))
    ):
        raise Invalid("The trees of that file do not fit eight heads.")
    finite = np.isfinite(said).all() and np.isfinite(biases).all() and not np.isnan(over).any()
    if not finite or np.abs(said).max(initial=0.0) > MARGIN_MAX:
        raise Invalid("The trees of that file say what is no number.")
    return Trees(asked.astype(np.int32), over.astype(np.float32), said.astype(np.float64), biases.astype(np.float64))
