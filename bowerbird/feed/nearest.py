"""The posts whose meaning is nearest to a point: an exact search of all of them, once; after that only of what came or changed since."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bowerbird.feed.catalogue import Catalogue, Floats, Rows

KEPT = 300  # of each point: enough for what somebody has liked already to be left out
POINTS_MAX = 20_000
NEAR_MIN = 0.2  # cosine below which a post has nothing to do with a point
CHUNK = 16_384  # rows compared at once: their products stay in the processor's cache


@dataclass(slots=True)
class Found:
    """The best so far, the nearest first, of the first `size` rows and the first `revised` of those that changed."""

    rows: Rows
    strengths: Floats
    size: int = 0
    revised: int = 0


class Nearest:
    """What was found for points that were asked for lately."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: OrderedDict[bytes, Found] = OrderedDict()

    def of(self, points: Sequence[Floats]) -> list[Rows]:
        """For each point [64] up to KEPT rows, the nearest first."""
        keys = [point.tobytes() for point in points]
        fresh = [point for key, point in zip(keys, points, strict=True) if key not in self._found]
        if fresh:
            self._search(fresh)
        for key, point in zip(keys, points, strict=True):
            self._go_on(self._found[key], point)
            self._found.move_to_end(key)
        rows = [self._found[key].rows for key in keys]
        while len(self._found) > POINTS_MAX:
            self._found.popitem(last=False)
        return rows

    def _search(self, points: Sequence[Floats]) -> None:
        """All rows, for all points at once: reading the vectors is what costs."""
        size, revised = self._catalogue.size, len(self._catalogue.revised)
        best = [Found(np.zeros(0, np.int32), np.zeros(0, np.float32), size, revised) for _ in points]
        centres, bars = np.stack(points, axis=1), np.full(len(points), NEAR_MIN, np.float32)
        for start in range(0, size, CHUNK):
            # one row of products for each point, side by side
            products = np.ascontiguousarray((self._catalogue.vectors[start : min(size, start + CHUNK)] @ centres).T)
            for number in np.flatnonzero(products.max(axis=1) > bars):
                over = np.flatnonzero(products[number] > bars[number])
                _merge(best[number], (over + start).astype(np.int32), products[number, over])
                if len(best[number].rows) == KEPT:
                    bars[number] = best[number].strengths[-1]
        for point, found in zip(points, best, strict=True):
            self._found[point.tobytes()] = found

    def _go_on(self, found: Found, point: Floats) -> None:
        """What came or changed since."""
        catalogue = self._catalogue
        if found.size == catalogue.size and found.revised == len(catalogue.revised):
            return
        new = np.arange(found.size, catalogue.size, dtype=np.int32)
        changed = np.array(sorted(set(catalogue.revised[found.revised :])), np.int32)
        found.size, found.revised = catalogue.size, len(catalogue.revised)
        rows = np.union1d(new, changed).astype(np.int32)
        if len(rows):
            strengths = catalogue.vectors[rows] @ point
            stay = ~np.isin(found.rows, changed)
            found.rows, found.strengths = found.rows[stay], found.strengths[stay]
            _merge(found, rows[strengths > NEAR_MIN], strengths[strengths > NEAR_MIN])


def _merge(found: Found, rows: Rows, strengths: Floats) -> None:
    all_rows, all_strengths = np.concatenate([found.rows, rows]), np.concatenate([found.strengths, strengths])
    order = np.argsort(-all_strengths, kind="stable")[:KEPT]
    found.rows, found.strengths = all_rows[order], all_strengths[order]
