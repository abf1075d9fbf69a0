"""Nights for the live feed: at every day's end it is given what EASE and iALS learned until then, as a house gives it its own."""

from __future__ import annotations

import numpy as np

from bench.ranking.baselines import Nightly
from bowerbird.feed.nights import Night
from bowerbird.learning.ranker.vectors import near, neighbours


class Nights:
    """The two models of the bench as one night of the feed. Items are posts numbered from one."""

    def __init__(self, ease: Nightly, ials: Nightly) -> None:
        self._ease, self._ials = ease, ials
        self._read = 0

    def fit(self) -> None:
        """Learn from everything until now."""
        for model in (self._ease, self._ials):
            model.fit()

    def since(self, at_ms: int) -> Night | None:
        """A night that was not read yet; None without one. Nothing that happened after midnight is in it."""
        for model in (self._ease, self._ials):
            model.sleep(at_ms)
        if self._ials.trainings == self._read or self._ials.vectors is None:
            return None
        self._read = self._ials.trainings
        items, vectors = np.flatnonzero(self._ials.row_of >= 0), self._ials.vectors[1]
        return Night(items + 1, vectors, *self._neighbours(items), self._ials.chosen.ials_l2, self._ials.chosen.alpha)

    def _neighbours(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As a house has them: from EASE, where there are not too many posts for it."""
        kept = np.flatnonzero(self._ease.row_of >= 0)
        if len(kept) < len(items):
            assert self._ials.vectors is not None
            return near(self._ials.vectors[1])
        return neighbours(self._ease.weights)
