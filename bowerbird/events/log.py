"""The event log: written in the same transaction as what it tells of, with the consents in force at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.ids import new_id
from bowerbird.events import consent
from bowerbird.events.kinds import Event

PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the log."""

    id: int
    kind: str
    actor_id: int | None
    item_kind: str | None
    item_id: int | None
    data: dict[str, Any]
    consents: list[str]


async def record(db: Database, event: Event) -> int:
    """Write down that `event` happened; its id. The caller owns the transaction."""
    data = msgspec.to_builtins(event)
    for known in ("actor_id", "item_id"):
        data.pop(known)
    id_ = new_id()
    item = event.item_kind, event.item_id
    await db.execute(
        f"""insert into events.log (id, kind, actor_id, item_kind, item_id, data, consents)
            values (%s, %s, %s, %s, %s, %s, {consent.GRANTED})""",
        id_, type(event).__name__, event.actor_id, *item, json(data), *item, event.actor_id, event.actor_id,
    )  # fmt: skip
    return id_


async def of_actor(db: Database, actor_id: int, *, before: int | None = None, limit: int = 100) -> list[Recorded]:
    """What someone did, newest first; at most PAGE_MAX lines."""
    return await db.many(
        Recorded,
        "select * from events.log where actor_id = %s and id < coalesce(%s, 9223372036854775807) order by id desc limit %s",
        actor_id, before, min(limit, PAGE_MAX),
    )  # fmt: skip


async def learnable(
    db: Database,
    purpose: consent.Purpose,
    *,
    after: int = 0,
    before: int | None = None,
    actor_id: int | None = None,
    limit: int = 100,
) -> list[Recorded]:
    """Events a model may learn from for `purpose`, oldest first after `after`, or newest first before `before` where that is given; of one
    person where one is named.

    The only read of the log that training may use.
    """
    gate = consent.learnable(purpose)
    order = "l.id" if before is None else "l.id desc"
    whose, who = ("", ()) if actor_id is None else ("l.actor_id = %s and", (actor_id,))
    return await db.many(
        Recorded,
        f"""select l.* from events.log l where {whose} l.id > %s and l.id < coalesce(%s, 9223372036854775807) and {gate.sql}
            order by {order} limit %s""",
        *who, after, before, *gate.args, min(limit, PAGE_MAX),
    )  # fmt: skip
