"""What changed from a picture to its remix: the words, compared one by one, and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Literal

COMPARED_WORDS_MAX = 60  # shown side by side; comparing takes up to the cube of it, for every picture of a tree
SHARE_WORDS_MAX = 200  # for a score, once an entry
PAIRS_KEPT = 2_000
NOT_COMPARED = "… the rest was not compared"
SHAPE_CHANGE_MIN = 0.1  # of the ratio of the sides; less is a rounding
Kind = Literal["same", "gone", "new", "cut"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that is another now; `before` is empty where the parent had none or it says how far one went from it."""

    name: str
    before: str
    after: str

    @property
    def said(self) -> str:
        """In a few words: "medium: gouache → ink"."""
        return (
            f"{self.name} {self.before} → {self.after}" if self.before and self.after else f"{self.name} {self.after or 'none'}"
        )


def words(before: str, after: str) -> list[tuple[Kind, str]]:
    """Compare two prompts word by word. Returns (kind, words) in reading order; kind is "same", "gone" or "new", or once "cut" where
    more than COMPARED_WORDS_MAX words lie between what both begin and end with: there a note stands for what was not compared."""
    return list(_words(before, after))


@lru_cache(PAIRS_KEPT)
def _words(before: str, after: str) -> tuple[tuple[Kind, str], ...]:
    old, new = before.split(), after.split()
    least = min(len(old), len(new))
    head = next((n for n in range(least) if old[n] != new[n]), least)
    tail = next((n for n in range(least - head) if old[-1 - n] != new[-1 - n]), least - head)
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    told: list[tuple[Kind, str]] = [("same", " ".join(old[:head]))] if head else []
    told += _middle(middle_old[:COMPARED_WORDS_MAX], middle_new[:COMPARED_WORDS_MAX])
    if max(len(middle_old), len(middle_new)) > COMPARED_WORDS_MAX:
        told.append(("cut", NOT_COMPARED))
    if tail:
        told.append(("same", " ".join(old[len(old) - tail :])))
    return tuple(told)


def _middle(old: list[str], new: list[str]) -> list[tuple[Kind, str]]:
    told: list[tuple[Kind, str]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            told.append(("same", " ".join(old[i1:i2])))
            continue
        if i2 > i1:
            told.append(("gone", " ".join(old[i1:i2])))
        if j2 > j1:
            told.append(("new", " ".join(new[j1:j2])))
    return told


def share(before: str, after: str) -> float:
    """How much of the words is another, 0 (the same) to 1 (nothing kept)."""
    old, new = before.lower().split()[:SHARE_WORDS_MAX], after.lower().split()[:SHARE_WORDS_MAX]
    return 1.0 - SequenceMatcher(None, old, new, autojunk=False).ratio() if old or new else 0.0


def settings(before: dict[str, Any], after: dict[str, Any]) -> list[Setting]:
    """What else is another in the child's recipe (`after`) than in its parent's; how strongly the words were followed comes first."""
    told: list[Setting] = []
    strength = after.get("strength")
    if isinstance(strength, int | float):
        told.append(Setting("strength", "", f"{round(strength * 100)}\u2009%"))
    for name, key in (("medium", "medium"), ("engine", "engine"), ("left out", "negative_prompt")):
        old, new = str(before.get(key) or ""), str(after.get(key) or "")
        if old != new:
            told.append(Setting(name, old, new))
    if (shape := _shape(after)) and (was := _shape(before)) and shape != was:
        told.append(Setting("shape", was, shape))
    if after.get("seed") is not None and before.get("seed") is not None:
        told.append(Setting("seed", "", "kept" if after["seed"] == before["seed"] else "another"))
    return told


def _shape(recipe: dict[str, Any]) -> str:
    width, height = int(recipe.get("width") or 0), int(recipe.get("height") or 0)
    if not width or not height:
        return ""
    return "square" if abs(width - height) < SHAPE_CHANGE_MIN * width else "wide" if width > height else "portrait"
