"""By what a ranker ranks, written down: what each outcome is worth to it, the limits that are its own, and the file it foretells by. Checked,
bounded, and called by its hash."""

from __future__ import annotations

import hashlib
import math
from typing import Annotated

import msgspec
from msgspec import Meta

from bowerbird.core.errors import Invalid
from bowerbird.feed.acts import HEADS, Head
from bowerbird.feed.values import BAD, Values, values

HOUSE = "live"  # what the house's own is called
WORTH_MAX = 50.0
HASH_LENGTH = 16
FILE = r"^([0-9a-f]{64})?$"
TUNED = (
    "interest_share",
    "author_again",
    "diversity",
)  # what a ranker keeps to when it picks; other limits are promises of the house


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of it. `file`: the SHA-256 of what it foretells by; empty: the live heads."""

    worth: dict[Head, float]
    limits: dict[str, float]
    file: Annotated[str, Meta(pattern=FILE)] = ""

    @property
    def hash(self) -> str:
        """Two that rank alike have the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:HASH_LENGTH]

    @property
    def values(self) -> Values:
        """The house's values with these in their place."""
        limits = msgspec.structs.replace(values().limits, **self.limits)
        return msgspec.structs.replace(values(), worth=self.worth, limits=limits)


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody writes: whatever they leave out is as the house has it."""

    name: str
    said: str = ""
    worth: dict[str, float] = {}
    limits: dict[str, float] = {}
    file: str = ""


def house() -> Definition:
    """By what the house ranks, as values.toml has it."""
    limits = msgspec.to_builtins(values().limits)
    return Definition({head: float(values().worth[head]) for head in HEADS}, {name: float(limits[name]) for name in TUNED})


def of(draft: Draft) -> Definition:
    """A draft made whole. Raises Invalid, naming what does not fit."""
    own = house()
    for name, value in draft.worth.items():
        if name not in HEADS:
            raise Invalid(f"There is no outcome called “{name[:40]}”. They are: {', '.join(HEADS)}.")
        low, high = (-WORTH_MAX, 0.0) if name in BAD else (0.0, WORTH_MAX)
        if not (math.isfinite(value) and low <= value <= high):
            raise Invalid(f"What “{name}” is worth lies between {low:g} and {high:g}.")
    bounds = {"interest_share": (0.1, values().limits.interest_share), "author_again": (-2.0, 0.0), "diversity": (0.0, 2.0)}
    for name, value in draft.limits.items():
        if name not in bounds:
            raise Invalid(f"“{name[:40]}” is no limit of a ranker. They are: {', '.join(TUNED)}.")
        low, high = bounds[name]
        if not (math.isfinite(value) and low <= value <= high):
            raise Invalid(f"“{name}” lies between {low:g} and {high:g}.")
    whole = {
        "worth": own.worth | {name: float(value) for name, value in draft.worth.items()},
        "limits": own.limits | {name: float(value) for name, value in draft.limits.items()},
        "file": draft.file,
    }
    try:
        return msgspec.convert(whole, Definition)
    except msgspec.ValidationError as wrong:
        raise Invalid("A file is named by its SHA-256, 64 digits.") from wrong
