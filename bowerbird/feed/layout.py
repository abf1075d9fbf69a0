"""A page in the making: what was taken, and how much of each further post is not said by it yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Floats

ALIKE_AUTHOR = 0.3  # how alike two posts are for being by the same author
RESIDUE_MIN = 1e-3


class Layout:
    """A page in the making: places of the pool that were taken, and what each further one would repeat."""

    def __init__(self, vectors: Floats, authors: NDArray[np.int32], most: int) -> None:
        count = len(authors)
        self._authors = authors
        alike = (1 - ALIKE_AUTHOR) * (vectors @ vectors.T).astype(np.float64)  # of all of them at once: it is what costs
        self._alike = alike + ALIKE_AUTHOR * (authors[:, None] == authors)
        np.fill_diagonal(self._alike, 1.0)
        self._factor = np.zeros((most, count))  # rows of the Cholesky factor
        self.residue = np.ones(count)  # how much of each post is not yet said by those taken
        self.repeats = np.zeros(count)  # how many of those taken are by the same author
        self.taken: list[int] = []

    def take(self, place: int) -> None:
        """Take one: the greedy step of a determinantal point process (Chen et al., "Fast greedy MAP inference", 2018)."""
        number = len(self.taken)
        row = self._alike[place] - self._factor[:number, place] @ self._factor[:number]
        row /= np.sqrt(max(self.residue[place], RESIDUE_MIN))
        self.residue = np.maximum(self.residue - row * row, RESIDUE_MIN)
        self._factor[number] = row
        self.repeats = self.repeats + (self._authors == self._authors[place])
        self.taken.append(place)
