"""A page in the making: what was taken, and how much of each further post is not said by it yet."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Floats

ALIKE_AUTHOR = 0.3  # how alike two posts are for being by the same author
RESIDUE_MIN = 1e-3


@dataclass(slots=True)
class Layout:
    """A page in the making: places of the pool that were taken, and what each further one would repeat."""

    vectors: Floats
    authors: NDArray[np.int32]
    residue: NDArray[np.float64]  # how much of each post is not yet said by those taken (1: all)
    repeats: NDArray[np.float64]  # how many of those taken are by the same author
    rows: list[NDArray[np.float64]] = field(default_factory=list[NDArray[np.float64]])  # of the Cholesky factor
    taken: list[int] = field(default_factory=list[int])

    def take(self, place: int) -> None:
        """Take one: the greedy step of a determinantal point process (Chen et al., "Fast greedy MAP inference", 2018)."""
        alike = (1 - ALIKE_AUTHOR) * (self.vectors @ self.vectors[place]) + ALIKE_AUTHOR * (self.authors == self.authors[place])
        alike[place] = 1.0
        row = alike.astype(np.float64)
        if self.rows:
            earlier = np.stack(self.rows)
            row -= earlier[:, place] @ earlier
        row /= np.sqrt(max(self.residue[place], RESIDUE_MIN))
        self.residue = np.maximum(self.residue - row * row, RESIDUE_MIN)
        self.rows.append(row)
        self.repeats = self.repeats + (self.authors == self.authors[place])
        self.taken.append(place)
