"""Which tier answers, and why: in words that stand under the answer."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Tier = Literal["full", "mini", "nano"]
TIERS: tuple[Tier, ...] = ("full", "mini", "nano")  # from the most able down
Task = Literal["chat", "thread", "classify"]
LONG_WORDS = 120
LONG_CONTEXT_TOKENS = 1_500
STEPS = re.compile(r"\b(step by step|compare|plan|first .{3,80} then|analy[sz]e|in detail|code)\b|```", re.IGNORECASE | re.DOTALL)
NAMES = {"full": "Full", "mini": "Mini", "nano": "Nano"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be answered. `chosen`: the person's own choice; `spent` tiers are used up for today, `busy` ones have a long queue, `down`
    ones do not answer."""

    task: Task
    said: str = ""
    context_tokens: int = 0
    chosen: str = ""
    spent: Collection[str] = ()
    busy: Collection[str] = ()
    down: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The tiers to try, in order, and why the first of them is the first."""

    tiers: tuple[Tier, ...]
    why: str


def route(ask: Ask) -> Route:
    """Whom to ask. What is asked for decides; budget, load and failure move down, never up. A choice is kept unless that tier cannot answer."""
    wanted, why = _wanted(ask)
    first = TIERS.index(wanted)
    for place in range(first, len(TIERS)):
        if _trouble(ask, TIERS[place]) is None:
            moved = "" if place == first else f" {NAMES[wanted]} {_trouble(ask, wanted)}."
            return Route(TIERS[place:], f"{why}{moved}")
    return Route(TIERS[first:], why)


def _wanted(ask: Ask) -> tuple[Tier, str]:
    for tier in TIERS:
        if ask.chosen == tier:
            return tier, f"You chose {NAMES[tier]}."
    if ask.task == "classify":
        return "nano", "A word or two are enough: Nano."
    if ask.task == "thread":
        return "mini", "Answers in threads are short: Mini."
    if len(ask.said.split()) > LONG_WORDS or ask.context_tokens > LONG_CONTEXT_TOKENS:
        return "full", "It is long: Full."
    if STEPS.search(ask.said):
        return "full", "It takes several steps: Full."
    return "mini", "It is short: Mini."


def _trouble(ask: Ask, tier: Tier) -> str | None:
    """Why a tier cannot answer now, as the rest of a sentence."""
    if tier in ask.spent:
        return "is used up for today"
    if tier in ask.down:
        return "does not answer"
    if tier in ask.busy:
        return "has too much to do"
    return None
