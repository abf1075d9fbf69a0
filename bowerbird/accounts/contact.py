"""Whom to turn to: the house's first administrator."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database


async def person(db: Database) -> Person | None:
    """The administrator who has been here longest."""
    return await db.maybe(Person, "select * from accounts.people where role = 'admin' and deleted_at is null order by id limit 1")
