"""Two rankers on one page: team-draft interleaving (Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?", 2008).

Two captains pick in turns. Whenever both have picked equally often a coin says who is first; each takes the best that is left by its own lights, and
what it takes is its own. A post that both would take next therefore goes to either with the same chance, and neither gains by what both know.
Places for exploring belong to no team and use up nobody's turn."""

from __future__ import annotations

from typing import Literal

import numpy as np

Team = Literal["champion", "challenger"]
TEAMS: tuple[Team, Team] = ("champion", "challenger")


class Turns:
    """Whose turn it is; the same seed tosses the same."""

    def __init__(self, seed: int) -> None:
        self._coin = np.random.default_rng(seed)
        self._second: Team | None = None  # who is left in this pair

    def next(self) -> Team:
        """Who picks now."""
        if self._second is not None:
            now, self._second = self._second, None
            return now
        first = int(self._coin.integers(2))
        self._second = TEAMS[1 - first]
        return TEAMS[first]
