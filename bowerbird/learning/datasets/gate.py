"""Everything of the log that may be learned from for a purpose, and everything that was held back: all reads of it by datasets are here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bowerbird.core.database import Database
from bowerbird.events import consent, log, refused
from bowerbird.events.log import Recorded
from bowerbird.events.refused import Refused

EVENTS_MAX = 500_000  # of one purpose; the oldest go first


async def learnable(db: Database, purpose: consent.Purpose, *, after: int = 0) -> AsyncIterator[Recorded]:
    """Events that may be learned from, after an event, oldest first."""
    for _ in range(0, EVENTS_MAX, log.PAGE_MAX):
        page = await log.learnable(db, purpose, after=after, limit=log.PAGE_MAX)
        for event in page:
            yield event
        if len(page) < log.PAGE_MAX:
            return
        after = page[-1].id


async def held_back(
    db: Database, purpose: consent.Purpose, kinds: Sequence[str] | None = None, *, after: int = 0
) -> AsyncIterator[Refused]:
    """Events that may not, of people who once agreed, after an event, oldest first; of these `kinds` alone where any are named."""
    for _ in range(0, EVENTS_MAX, refused.PAGE_MAX):
        page = await refused.of(db, purpose, after=after, kinds=kinds)
        for event in page:
            yield event
        if len(page) < refused.PAGE_MAX:
            return
        after = page[-1].id
