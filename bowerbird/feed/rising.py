"""What the house takes to just now: what comes of a show lately, times how fresh it is, with what anyone can read under the post as a first hint."""

from __future__ import annotations

from itertools import islice

import numpy as np

from bowerbird.feed.acts import HEADS
from bowerbird.feed.catalogue import Catalogue, Rows
from bowerbird.feed.counts import PRIOR, Counts
from bowerbird.feed.values import values

RISING_MAX, LATEST_MAX, ACTIVE_MAX = 300, 1_000, 3_000
ACTIVE_MS = 3 * 86_400_000
FADES_H = 36.0


def rows(catalogue: Catalogue, counts: Counts, active: dict[int, int], now_ms: int) -> Rows:
    """The strongest first; looked for among what is new and what something happened to in the last days."""
    lately = [row for row in islice(reversed(active), ACTIVE_MAX) if active[row] > now_ms - ACTIVE_MS]
    newest = np.arange(max(0, catalogue.size - LATEST_MAX), catalogue.size, dtype=np.int32)
    found = np.union1d(newest, np.array(lately, np.int32))
    found = found[catalogue.alive[found] & catalogue.recommendable[found] & ~catalogue.sensitive[found]]
    if not len(found):
        return found.astype(np.int32)
    strength = strengths(catalogue, counts, found, now_ms)
    return found[np.argsort(-strength, kind="stable")[:RISING_MAX]].astype(np.int32)


def strengths(catalogue: Catalogue, counts: Counts, found: Rows, now_ms: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How strongly each rises."""
    worth = values().vector()
    lifts = (counts.rates(found, now_ms) - np.array([PRIOR[head] for head in HEADS])) @ worth
    public = np.log1p(np.clip(catalogue.public[found], 0, None)) @ np.array([0.10, 0.08, 0.04])
    age_h = np.clip((now_ms - catalogue.born_ms[found]) / 3_600_000, 0, None)
    return (1.0 + lifts[:, 0] + lifts[:, 1] + public) * np.exp2(-age_h / FADES_H)
