"""values.toml as it is read: what each outcome is worth, the limits of a page, and where each feature's weight begins."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import HEADS, Head
from bowerbird.feed.heads import Prior

FILE = Path(__file__).with_name("values.toml")
BAD: tuple[Head, ...] = ("hide", "report")
DULL = {"follow": 0.5, "dwell": 0.5}  # for these two a feature says less than for a like


class Feature(msgspec.Struct, frozen=True):
    """Where one feature begins."""

    good: float
    bad: float
    sign: Literal[-1, 0, 1]
    family: str


class Limits(msgspec.Struct, frozen=True):
    """What a page keeps to; shares of a page, or what is added to a value."""

    page: int
    interest_share: float
    single_act_share: float
    exploration_share: float
    author_again: float
    newest_act_damping: float
    wish_more: float
    wish_less: float
    dial: float
    diversity: float


class Values(msgspec.Struct, frozen=True):
    """The whole file."""

    worth: dict[Head, float]
    limits: Limits
    features: dict[str, Feature]

    def vector(self, multipliers: dict[str, float] | None = None) -> NDArray[np.float64]:
        """What each head is worth [heads], times what somebody wants of it (0 to 3 each)."""
        wanted = multipliers or {}
        return np.array([self.worth[head] * wanted.get(head, 1.0) for head in HEADS])

    def prior(self) -> Prior:
        """Where the heads begin."""
        rows: list[list[float]] = []
        signs: list[list[int]] = []
        for head in HEADS:
            bad, scale = head in BAD, DULL.get(head, 1.0)
            rows.append([feature.bad if bad else feature.good * scale for feature in self.features.values()])
            signs.append([-feature.sign if bad else feature.sign for feature in self.features.values()])
        return Prior(np.array(rows), np.array(signs, np.int8))


@cache
def values() -> Values:
    """The house's values, read once."""
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Values)
