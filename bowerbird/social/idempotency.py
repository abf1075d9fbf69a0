"""A post sent twice with the same key is published once: clients on bad networks try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid

KEY_LENGTH_MAX = 200
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a key led to: a post, or one planned for later."""

    post_id: int | None = None
    scheduled_id: int | None = None


async def claim(db: Database, account_id: int, key: str) -> Claimed | None:
    """None for the first with this key; what came of it for the next. Waits for one still under way."""
    if len(key) > KEY_LENGTH_MAX:
        raise Invalid(f"An Idempotency-Key has up to {KEY_LENGTH_MAX} characters.")
    if await db.execute(
        "insert into social.idempotency (account_id, key) values (%s, %s) on conflict do nothing", account_id, key
    ):
        return None
    return await db.one(
        Claimed, "select post_id, scheduled_id from social.idempotency where account_id = %s and key = %s", account_id, key
    )


async def settle(db: Database, account_id: int, key: str, came: Claimed) -> None:
    """Remember what came of it."""
    await db.execute(
        "update social.idempotency set post_id = %s, scheduled_id = %s where account_id = %s and key = %s",
        came.post_id, came.scheduled_id, account_id, key,
    )  # fmt: skip


async def sweep(db: Database) -> int:
    """Forget keys that nobody will send again."""
    return await db.execute("delete from social.idempotency where at < now() - %s", KEPT)
