"""What goes: a bout that its person deletes, those that nobody voted on for long, those of somebody who left; with their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import before
from bowerbird.learning.arena import bouts
from bowerbird.studio import pictures

UNVOTED_KEPT = timedelta(days=7)
A_STEP = 50


async def delete(db: Database, me: Person, bout_id: int) -> None:
    """Delete one's own, with what both made and the vote. Raises NotFound."""
    await bouts.own(db, me, bout_id)
    await _gone(db, [bout_id])


async def forget_old(db: Database) -> int:
    """Those without a vote after a week; how many."""
    old = await db.values(
        """select b.id from learning.bouts b where b.id < %s and not exists (select 1 from learning.votes v where v.bout_id = b.id)
           order by b.id limit %s""",
        before(datetime.now(UTC) - UNVOTED_KEPT), A_STEP,
    )  # fmt: skip
    await _gone(db, old)
    return len(old)


async def forget(db: Database, account_id: int) -> bool:
    """A handful of what somebody who left brought; whether there was any."""
    theirs = await db.values("select id from learning.bouts where account_id = %s limit %s", account_id, A_STEP)
    await _gone(db, theirs)
    return bool(theirs)


async def _gone(db: Database, bout_ids: Sequence[int]) -> None:
    """The pictures are the assistant's own: nobody else would take them away."""
    ids = list(bout_ids)
    painted = await db.rows(
        """select p.id, p.creator_id from learning.sides s join studio.candidates t on t.generation_id = s.generation_id
           join studio.pictures p on p.id = t.picture_id where s.bout_id = any(%s)""",
        ids,
    )
    made = await db.values("select generation_id from learning.sides where bout_id = any(%s) and generation_id is not null", ids)
    await db.execute("delete from learning.bouts where id = any(%s)", ids)
    for picture_id, creator_id in painted:
        await pictures.delete(db, creator_id, picture_id)
    await db.execute("delete from studio.generations where id = any(%s)", made)
