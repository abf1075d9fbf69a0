"""A circuit breaker for each language model: one that fails again and again is left alone for a while, then tried by one asker."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

OPENS_AT = 4  # failures in a row
REST_S, REST_S_MAX = 15.0, 240.0
PLACES_MAX = 64


@dataclass(slots=True)
class Breaker:
    """What this process knows of one model at one address."""

    failures: int = 0
    rests_until: float = 0.0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _trying: bool = False

    @property
    def up(self) -> bool:
        """Whether it is asked at all."""
        return self.failures < OPENS_AT

    @property
    def rests_s(self) -> float:
        """For how long it will not be asked, in seconds."""
        return 0.0 if self.up else max(0.0, self.rests_until - time.monotonic())

    def admits(self) -> bool:
        """Whether it may be asked now; while it is down, by one asker at a time once it has rested. `leave` when done."""
        if self.up:
            return True
        if self._trying or self.rests_s > 0:
            return False
        self._trying = True
        return True

    def leave(self) -> None:
        """The asker is done, however it went."""
        self._trying = False

    def good(self) -> None:
        """It answered."""
        if not self.up:
            self.since = datetime.now(UTC)
        self.failures = 0

    def bad(self) -> None:
        """It failed; each time that a trial fails it rests twice as long."""
        self.failures += 1
        if self.failures == OPENS_AT:
            self.since = datetime.now(UTC)
        if not self.up:
            self.rests_until = time.monotonic() + min(REST_S_MAX, REST_S * 2 ** (self.failures - OPENS_AT))


known: dict[tuple[str, str], Breaker] = {}


def of(place: tuple[str, str]) -> Breaker:
    """The breaker of a (url, model)."""
    if place not in known and len(known) >= PLACES_MAX:
        known.pop(next(iter(known)))
    return known.setdefault(place, Breaker())
