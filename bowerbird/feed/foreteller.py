"""What a ranker has to be able to do: foretell the eight outcomes of a post, and say which feature brought what. The heads do; so may a file."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Floats

Matrix = NDArray[np.float64]


class Foreteller(Protocol):
    """Features in, chances out, and the same sum taken apart."""

    @property
    def digest(self) -> str:
        """Of every number in it: two that answer the same have the same."""
        ...

    def chances(self, x: Floats) -> Matrix:
        """[posts, heads] for features [posts, features]: how likely each of the eight is."""
        ...

    def attributed(self, x: Floats, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], Matrix]:
        """What each feature adds to the value of each post: [posts] with no feature at all and [posts, features], which sum to
        `chances` @ `values` [heads] within 1e-6."""
        ...
