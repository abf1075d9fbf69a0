"""How often each post was shown and what came of it: decayed counts in whole numbers, so that a withdrawn act can be subtracted exactly.

An act at `t` adds 2^((t - born) / half-life) in fixed point; reading divides by 2^((now - born) / half-life). The sum is then the usual
exponentially decayed count (Cormode et al., "Forward Decay", 2009), whatever order the acts came in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import HEADS, Kind
from bowerbird.feed.catalogue import Catalogue, Rows

COUNTED: tuple[Kind, ...] = ("served", *HEADS)
COLUMN = {kind: number for number, kind in enumerate(COUNTED)}
HALF_LIVES_H = (6, 72, 720)
HALF_LIFE_NAMES = ("6h", "3d", "30d")
SCALE = 2**6  # times the sixteenths of trust
HALVINGS_MAX = (
    28  # beyond so many of a post's half-lives acts count as if they came then: it fits into 63 bits with room for 10^7 acts
)
EVERY = slice(None)
ODDS_MAX = 4.0  # e to so much, at most, over or under what is usual
PRIOR_SHOWN = 30.0  # how many shows the house's average weighs against a post's own
# what comes of a show on average, before anything is known
PRIOR = {"like": 0.06, "remix": 0.01, "reply": 0.01, "follow": 0.004, "share": 0.01, "dwell": 0.25, "hide": 0.01, "report": 0.001}
Numbers = NDArray[np.float64]


class Counts:
    """Per post and per author: shows and acts, decayed over six hours, three and thirty days, and shows in all."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.posts = np.zeros((len(catalogue.ids), len(HALF_LIVES_H), len(COUNTED)), np.int64)
        self.shown = np.zeros(len(catalogue.ids), np.int32)
        self.authors = np.zeros((64, len(COUNTED)), np.int64)  # in sixteenths, not decayed: what an author's posts lead to in all

    def add(self, row: int, kind: Kind, at_ms: int, weight: int, sign: int = 1) -> None:
        """Count one act of `weight` sixteenths, or with `sign` -1 take it away as if it had never been."""
        self._grow()
        column = COLUMN[kind]
        age_h = max(0.0, (at_ms - int(self._catalogue.born_ms[row])) / 3_600_000)
        for number, half_life_h in enumerate(HALF_LIVES_H):
            self.posts[row, number, column] += sign * int(SCALE * weight * 2.0 ** min(HALVINGS_MAX, age_h / half_life_h))
        self.authors[self._catalogue.authors[row], column] += sign * weight
        if column == 0:
            self.shown[row] += sign

    def show(self, rows: Rows, at_ms: int, weight: int) -> None:
        """Count a page that was shown: rows, each once."""
        self._grow()
        age_h = np.maximum((at_ms - self._catalogue.born_ms[rows]) / 3_600_000, 0.0)
        for number, half_life_h in enumerate(HALF_LIVES_H):
            halvings = np.minimum(age_h / half_life_h, HALVINGS_MAX)
            self.posts[rows, number, 0] += np.array([int(SCALE * weight * 2.0**one) for one in halvings.tolist()], np.int64)
        np.add.at(self.authors[:, 0], self._catalogue.authors[rows], weight)
        self.shown[rows] += 1

    def rates(self, rows: Rows, now_ms: int, which: slice = EVERY) -> Numbers:
        """[rows, half-lives, heads]: what comes of a show, smoothed towards PRIOR; never above one."""
        sums = self.decayed(rows, now_ms, which)
        prior = np.array([PRIOR[head] for head in HEADS])
        return np.minimum(1.0, (sums[:, :, 1:] + PRIOR_SHOWN * prior) / (sums[:, :, :1] + PRIOR_SHOWN))

    def lifts(self, rows: Rows, now_ms: int) -> Numbers:
        """[rows, half-lives, heads]: by how much the odds of each outcome are over what is usual (logarithms, at most ODDS_MAX): as a logistic
        head counts them, so that a weight of one takes a rate at its word, for what seldom happens as for what often does."""
        usual = np.array([PRIOR[head] for head in HEADS])
        return np.clip(_log_odds(self.rates(rows, now_ms)) - _log_odds(usual), -ODDS_MAX, ODDS_MAX)

    def author_lifts(self, rows: Rows) -> Numbers:
        """[rows, heads]: the same of everything their authors showed."""
        usual = np.array([PRIOR[head] for head in HEADS])
        return np.clip(_log_odds(self.author_rates(rows)) - _log_odds(usual), -ODDS_MAX, ODDS_MAX)

    def decayed(self, rows: Rows, now_ms: int, which: slice = EVERY) -> Numbers:
        """[rows, half-lives, COUNTED]: decayed counts, in acts of full trust."""
        self._grow()
        age_h = np.maximum((now_ms - self._catalogue.born_ms[rows]) / 3_600_000, 0)
        scale = np.stack([2.0 ** -(age_h / half_life_h) for half_life_h in HALF_LIVES_H[which]], axis=1) / (SCALE * 16)
        return self.posts[rows, which] * scale[:, :, None]

    def author_rates(self, rows: Rows) -> Numbers:
        """[rows, heads]: what comes of showing this author, smoothed; over everything they showed."""
        self._grow()
        sums = self.authors[self._catalogue.authors[rows]] / 16
        prior = np.array([PRIOR[head] for head in HEADS])
        return np.minimum(1.0, (sums[:, 1:] + 2 * PRIOR_SHOWN * prior) / (sums[:, :1] + 2 * PRIOR_SHOWN))

    def _grow(self) -> None:
        if len(self.posts) < len(self._catalogue.ids):
            for name in ("posts", "shown"):
                old = getattr(self, name)
                grown = np.zeros((len(self._catalogue.ids), *old.shape[1:]), old.dtype)
                grown[: len(old)] = old
                setattr(self, name, grown)
        if len(self.authors) < len(self._catalogue.author_ids):
            grown = np.zeros((2 * len(self._catalogue.author_ids), len(COUNTED)), np.int64)
            grown[: len(self.authors)] = self.authors
            self.authors = grown


def _log_odds(rates: Numbers) -> Numbers:
    safe = np.clip(rates, 1e-5, 1 - 1e-4)
    return np.log(safe / (1 - safe))
