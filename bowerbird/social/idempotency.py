"""A post sent twice with the same key is published once: clients on bad networks try again."""

from __future__ import annotations

from datetime import timedelta

from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid

KEY_LENGTH_MAX = 200
KEPT = timedelta(days=1)


async def claim(db: Database, account_id: int, key: str) -> int | None:
    """None for the first with this key; the id of what was published for the next. Waits for one still under way."""
    if len(key) > KEY_LENGTH_MAX:
        raise Invalid(f"An Idempotency-Key has up to {KEY_LENGTH_MAX} characters.")
    if await db.execute("insert into social.idempotency (account_id, key) values (%s, %s) on conflict do nothing", account_id, key):
        return None
    found: int | None = await db.value("select post_id from social.idempotency where account_id = %s and key = %s", account_id, key)
    if found is None:
        raise Conflict("A request with this Idempotency-Key was accepted already.")
    return found


async def settle(db: Database, account_id: int, key: str, post_id: int) -> None:
    """Remember what came of it."""
    await db.execute("update social.idempotency set post_id = %s where account_id = %s and key = %s", post_id, account_id, key)


async def sweep(db: Database) -> int:
    """Forget keys that nobody will send again."""
    return await db.execute("delete from social.idempotency where at < now() - %s", KEPT)
