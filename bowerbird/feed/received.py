"""What was well received, however old it is: what comes of a show over a month, smoothed, so that few shows prove little."""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from bowerbird.feed.catalogue import Catalogue, Rows
from bowerbird.feed.counts import HALF_LIVES_H, Counts
from bowerbird.feed.values import values

MOST, KEPT = 300, 3_000
PIECE = 50_000  # posts looked at together: their numbers stay small
FRESH_MS, SWEEP_MS = 2_000, 600_000


class Received:
    """The best received of everything. All posts are gone through seldom; in between, the best of them and whatever something happened to since."""

    def __init__(self, catalogue: Catalogue, counts: Counts, active: dict[int, int]) -> None:
        self._catalogue, self._counts, self._active = catalogue, counts, active
        self._swept_ms = self._read_ms = -SWEEP_MS
        self._kept = np.zeros(0, np.int32)
        self._best = np.zeros(0, np.int32)

    def rows(self, now_ms: int) -> Rows:
        """Up to MOST rows, the best first; at most FRESH_MS old."""
        if not 0 <= now_ms - self._swept_ms < SWEEP_MS:
            self._swept_ms, self._read_ms = now_ms, now_ms
            self._kept = self._ranked(self._catalogue.living(), now_ms)[:KEPT]
            self._best = self._kept[:MOST]
        elif not 0 <= now_ms - self._read_ms < FRESH_MS:
            since = takewhile(lambda row: self._active[row] >= self._swept_ms - FRESH_MS, reversed(self._active))
            self._read_ms = now_ms
            self._best = self._ranked(np.union1d(self._kept, np.fromiter(since, np.int32)), now_ms)[:MOST]
        return self._best

    def _ranked(self, rows: Rows, now_ms: int) -> Rows:
        catalogue, counts = self._catalogue, self._counts
        shown = counts.shown[rows[rows < len(counts.shown)]] > 0
        rows = rows[: len(shown)][shown].astype(np.int32)
        rows = rows[catalogue.alive[rows] & catalogue.recommendable[rows] & ~catalogue.sensitive[rows]]
        worth, month = values().vector(), slice(len(HALF_LIVES_H) - 1, None)
        pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
        lifts = [counts.rates(piece, now_ms, month)[:, 0] @ worth for piece in pieces]
        return rows[np.argsort(-np.concatenate(lifts), kind="stable")] if lifts else rows
