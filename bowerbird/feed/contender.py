"""A ranker at work: whose chances it goes by, what each outcome is worth to it, and its limits when it picks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bowerbird.feed import definitions
from bowerbird.feed.definitions import HOUSE
from bowerbird.feed.foreteller import Foreteller
from bowerbird.feed.values import Values


@dataclass(frozen=True, slots=True)
class Contender:
    """One of them. `foretells`: None for the heads as they learn."""

    name: str
    hash: str
    values: Values
    foretells: Foreteller | None = None

    @property
    def called(self) -> str:
        """As pages name it: “live-1f2e3d4c”."""
        return f"{self.name}-{self.hash[:8]}"


@cache
def house() -> Contender:
    """The live heads with the house's own values."""
    own = definitions.house()
    return Contender(HOUSE, own.hash, own.values)
