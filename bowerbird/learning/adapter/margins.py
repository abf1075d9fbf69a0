"""Checks with a margin: what may fall a little by chance, and no further. Each value is a share, so that the public page can draw it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bowerbird.learning import gate
from bowerbird.learning.gate import Check

Floats = NDArray[np.float64]
NEARLY = 1e-9


def no_lower(name: str, text: str, new: Floats, old: Floats, people: Sequence[str], margin: float) -> Check:
    """Whether the mean fell by no more than the margin."""
    return _within(name, text, new, old, people, float(old.mean()) - margin, rising=False)


def no_higher(name: str, text: str, new: Floats, old: Floats, people: Sequence[str], margin: float) -> Check:
    """Whether the mean rose by no more than the margin."""
    return _within(name, text, new, old, people, float(old.mean()) + margin, rising=True)


def both(measure: Callable[[str], float], new: Sequence[str], old: Sequence[str]) -> tuple[Floats, Floats]:
    """The same measure of what both sides said."""
    return np.array([float(measure(one)) for one in new]), np.array([float(measure(one)) for one in old])


def at_least(name: str, text: str, value: float, limit: float, before: float | None = None) -> Check:
    """Whether a figure reaches its limit."""
    return Check(name=name, text=text, value=value, limit=limit, passed=value >= limit - NEARLY, before=before)


def at_most(name: str, text: str, value: float, limit: float, before: float | None = None) -> Check:
    """Whether a figure stays below its limit."""
    return Check(name=name, text=text, value=value, limit=limit, passed=value <= limit + NEARLY, before=before)


def _within(name: str, text: str, new: Floats, old: Floats, people: Sequence[str], limit: float, *, rising: bool) -> Check:
    value, low, high = gate.interval(new, people)
    passed = value <= limit + NEARLY if rising else value >= limit - NEARLY
    return Check(name=name, text=text, value=value, low=low, high=high, before=float(old.mean()), limit=limit, passed=passed)
