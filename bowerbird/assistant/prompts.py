"""What the house tells its assistant before anything else: public, versioned, each version known by its hash."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

Door = Literal["chat", "thread"]
DOORS: tuple[Door, ...] = ("chat", "thread")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version; `hash` are the first 12 hexadecimal digits of the SHA-256 of its words."""

    door: Door
    words: str
    since: date
    note: str
    hash: str


@cache
def versions(door: Door) -> tuple[Prompt, ...]:
    """All there ever were, the newest last."""
    said = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text("utf-8"))[door]
    return tuple(
        Prompt(door, words, one["since"], one["note"], hashlib.sha256(words.encode()).hexdigest()[:12])
        for one in said
        for words in [one["words"].strip()]
    )


def in_force(door: Door) -> Prompt:
    """The one that answers are given with."""
    return versions(door)[-1]
