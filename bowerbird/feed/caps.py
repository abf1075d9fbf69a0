"""Limits of a page: no flood from one interest, and none because of one act."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import features
from bowerbird.feed.asked import NOBODY, Asked
from bowerbird.feed.pipeline import Batch
from bowerbird.feed.values import Limits

INTEREST_MIN = 0.38  # cosine from which a post belongs to an interest


class Caps:
    """How much of a page may come from one interest, and because of one act."""

    def __init__(self, ask: Asked, batch: Batch, pool: NDArray[np.int64], limits: Limits) -> None:
        taste = ask.who.taste
        rows = batch.rows[pool]
        vectors = ask.learner.catalogue.vectors[rows]
        self._group = np.full(len(pool), -1)
        self._most: list[int] = []
        if taste.interests:
            cosines = vectors @ np.stack([one.centre for one in taste.interests], axis=1)
            self._group = np.where(cosines.max(axis=1) >= INTEREST_MIN, cosines.argmax(axis=1), -1)
            for one in taste.interests:
                share = limits.single_act_share if len(one.act_ids) == 1 else limits.interest_share
                self._most.append(max(1, int(share * ask.limit)))
        if ask.person_id != NOBODY and len(taste.liked) == 1 and ask.features:  # everything that is personal comes from one act
            x = np.stack([ask.features[int(row)] for row in rows])
            personal = [
                features.NAMES.index(name)
                for name in (
                    "co_liked",
                    "sequel",
                    "nightly",
                    "nightly_goes_with",
                    "near_liked",
                    "author_liked",
                    "same_tree",
                    "topics_liked",
                )
            ]
            self._group = np.where((x[:, personal] > 0.2).any(axis=1), 0, -1)
            self._most = [max(1, int(limits.single_act_share * ask.limit))]
        self._used = [0] * len(self._most)
        self.full = np.zeros(len(pool), np.bool_)  # which of the pool would be too many of their kind

    def take(self, index: int) -> None:
        """One was placed."""
        group = int(self._group[index])
        if group >= 0:
            self._used[group] += 1
            if self._used[group] >= self._most[group]:
                self.full |= self._group == group
