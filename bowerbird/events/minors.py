"""Who is under 18: nothing of theirs is learned from, shown to strangers or published in datasets, whatever they said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.core.errors import NotAllowed
from bowerbird.events import consent


@dataclass(frozen=True, slots=True)
class Minor:
    """That somebody is. `by_id`: who said so, None: the terminal."""

    account_id: int
    by_id: int | None
    since: datetime


async def of(db: Database, account_id: int) -> Minor | None:
    """What is said of somebody; None where nothing is."""
    return await db.maybe(Minor, "select * from events.minors where account_id = %s", account_id)


async def say(db: Database, account_id: int, by_id: int | None) -> None:
    """Somebody is under 18. Every purpose is no from now on, also for what they had said yes to one by one; said again it changes nothing, but
    that what a keeper of the house said is no longer theirs to take back."""
    if await of(db, account_id) is None:
        for item_kind, item_id, purpose in await db.rows(
            "select item_kind, item_id, purpose from events.item_consents where owner_id = %s and granted", account_id
        ):
            await consent.say_of_item(db, account_id, item_kind, item_id, {purpose: None})
        await consent.say(db, account_id, dict.fromkeys(consent.PURPOSES, False))
    await db.execute(
        """insert into events.minors as m (account_id, by_id) values (%s, %s) on conflict (account_id) do update
           set by_id = excluded.by_id where m.by_id = m.account_id""",
        account_id, by_id,
    )  # fmt: skip


async def unsay(db: Database, account_id: int, by_id: int | None) -> None:
    """They are not. Everything stays off until they switch it on. Raises NotAllowed where a keeper of the house said it and they themselves ask."""
    said = await of(db, account_id)
    if said is None:
        return
    if by_id == account_id and said.by_id != account_id:
        raise NotAllowed("Those who keep this house said so. Ask them, if it is not so.")
    await db.execute("delete from events.minors where account_id = %s", account_id)
