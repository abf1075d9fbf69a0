"""When what somebody took back is gone: from the next datasets, and from the versions that learned from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.learning import nights, orders


@dataclass(frozen=True, slots=True)
class Promise:
    """`next_build`: when the next datasets are built, without it; `by`: when, at the latest, nothing that learned from it is in use. Both None where
    no night is set, or while an administrator has learning `paused_since`."""

    next_build: datetime | None
    by: datetime | None
    paused_since: datetime | None = None


async def of(db: Database, where: Settings, now: datetime) -> Promise:
    """As it stands now."""
    paused, due = await orders.paused(db), nights.due(where, now)
    if paused or due is None:
        return Promise(None, None, paused.at if paused else None)
    return Promise(due, due + timedelta(hours=where.learn_quiet_hours))
