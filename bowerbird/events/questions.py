"""Whether something may teach, asked once: where it comes up for the first time, of who never said a word about it. No answer is no."""

from __future__ import annotations

from bowerbird.core.database import Database
from bowerbird.events import consent

ASKED: tuple[consent.Purpose, ...] = ("train_assistant_feedback", "train_picture_picks")


async def ask(db: Database, account_id: int, purpose: consent.Purpose, item_id: int) -> None:
    """Ask beside an item, unless it was asked before or they spoke of it by themselves."""
    assert purpose in ASKED
    if (await consent.of(db, account_id))[purpose] is None:
        await db.execute(
            "insert into events.questions (account_id, purpose, item_id) values (%s, %s, %s) on conflict do nothing",
            account_id, purpose, item_id,
        )  # fmt: skip


async def open_(db: Database, account_id: int, purpose: consent.Purpose) -> int | None:
    """The item beside which the question stands; None where it was never asked, or is closed."""
    at = await db.value(
        "select item_id from events.questions where account_id = %s and purpose = %s and closed_at is null", account_id, purpose
    )
    return at if at is not None and (await consent.of(db, account_id))[purpose] is None else None


async def close(db: Database, account_id: int, purpose: consent.Purpose, answer: bool | None) -> None:
    """Answered, or waved away (None): it is never asked again. Raises Invalid as consent.say does."""
    if answer is not None:
        await consent.say(db, account_id, {purpose: answer})
    await db.execute(
        "update events.questions set closed_at = coalesce(closed_at, now()) where account_id = %s and purpose = %s",
        account_id,
        purpose,
    )
