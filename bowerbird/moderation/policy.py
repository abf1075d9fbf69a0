"""The published rules that decide: observers' scores in, one decision out. Nothing else in the house decides about words and pictures."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from bowerbird.core.settings import settings
from bowerbird.inference.images import ILLUSTRATOR, PAINT

FILE = Path(__file__).with_name("rules.toml")
CLOSED = (ILLUSTRATOR, PAINT)  # engines that can draw no likeness and nothing explicit: they know a small closed vocabulary
Stage = Literal["words", "drawn", "brought"]
Decision = Literal["allow", "label", "hold", "refuse"]
STRICTNESS: dict[Decision, int] = {"allow": 0, "label": 1, "hold": 2, "refuse": 3}
UNSEEN = "unseen"
SEXUAL = "sexual"
Scores = Mapping[str, float]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `needs` reached at `stage`, with such an engine: then `decision`."""

    stage: Stage
    needs: dict[str, float]
    decision: Literal["label", "hold", "refuse"]
    engines: Literal["any", "open"] = "any"

    def holds(self, stage: Stage, scores: Scores, engine: str) -> bool:
        """Whether it applies."""
        if self.stage != stage or (self.engines == "open" and engine in CLOSED):
            return False
        return all(scores.get(name, 0.0) >= least for name, least in self.needs.items())


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as everyone may read it; `said` is what somebody is told whom it stops."""

    id: str
    title: str
    text: str
    said: str
    when: list[When]


class Change(msgspec.Struct, frozen=True):
    """What a version brought."""

    version: int
    on: date
    said: str


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, in the order they are read."""

    version: int
    changes: list[Change]
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, by which rule; None where all is allowed."""

    decision: Decision
    rule: Rule | None = None


@cache
def rules() -> Rules:
    """The rules in force: as they are written, with what the administrator chose where they leave a choice."""
    written = msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Rules)
    if settings().safety_sexual == "label":
        return written
    return msgspec.structs.replace(written, rules=[_stricter(rule) if rule.id == SEXUAL else rule for rule in written.rules])


def _stricter(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, when=[msgspec.structs.replace(one, decision="refuse") for one in rule.when])


@cache
def digest() -> str:
    """SHA-256 over the rules in force and the word lists: recorded with every decision."""
    lists = FILE.with_name("words.toml").read_bytes()
    return hashlib.sha256(msgspec.json.encode(rules(), order="sorted") + lists).hexdigest()


def applying(stage: Stage, scores: Scores, engine: str = "") -> list[Verdict]:
    """Every rule that applies, each with its strictest decision, the strictest first; of equals the first written."""
    found: list[Verdict] = []
    for rule in rules().rules:
        decisions: list[Decision] = [one.decision for one in rule.when if one.holds(stage, scores, engine)]
        if decisions:
            found.append(Verdict(max(decisions, key=STRICTNESS.__getitem__), rule))
    return sorted(found, key=lambda verdict: -STRICTNESS[verdict.decision])
