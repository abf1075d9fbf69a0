"""Voting: whoever brought the prompt says which is better, before they know who is who. With the vote the names are shown; one that is changed
after that stands, but counts in no standings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.events import kinds, log
from bowerbird.learning.arena import bouts
from bowerbird.learning.arena.bouts import Bout, Winner

WINNERS: tuple[Winner, ...] = get_args(Winner)
CHANGED_WITHIN = timedelta(hours=1)


async def vote(db: Database, me: Person, bout_id: int, winner: str) -> Bout:
    """Say which is better, or say otherwise for a while. Raises NotFound, Invalid, or Conflict for a bout that is not over or a vote that is old."""
    bout = await _held(db, me, bout_id)
    said = next((one for one in WINNERS if one == winner), None)
    if said is None:
        raise Invalid(f"A vote is one of: {', '.join(WINNERS)}.")
    if bout.state != "done":
        raise Conflict("There is nothing to compare here." if bout.state == "failed" else "Both are to be ready first.")
    if bout.winner == said:
        return bout
    if bout.voted_at and datetime.now(UTC) - bout.voted_at > CHANGED_WITHIN:
        raise Conflict("A vote can be changed for an hour. You can still take it back.")
    await db.execute(
        """insert into learning.votes as v (bout_id, winner, blind) values (%s, %s, %s)
           on conflict (bout_id) do update set winner = excluded.winner, blind = false""",
        bout_id, said, bout.revealed_at is None,
    )  # fmt: skip
    await db.execute(
        "update learning.bouts set state = 'done', revealed_at = coalesce(revealed_at, now()) where id = %s", bout_id
    )
    await _tell(db, bout, said)
    return await bouts.own(db, me, bout_id)


async def take_back(db: Database, me: Person, bout_id: int) -> Bout:
    """Have a vote count for nothing, at any time. Raises NotFound."""
    bout = await _held(db, me, bout_id)
    if await db.execute("delete from learning.votes where bout_id = %s", bout_id):
        await _tell(db, bout, "")
    return await bouts.own(db, me, bout_id)


async def _held(db: Database, me: Person, bout_id: int) -> Bout:
    """One's own, for this transaction alone."""
    await db.execute("select 1 from learning.bouts where id = %s and account_id = %s for update", bout_id, me.id)
    return await bouts.own(db, me, bout_id)


async def _tell(db: Database, bout: Bout, winner: str) -> None:
    """The event says which side, and by their ids who stood there; what was taken back says ""."""
    told = await db.rows("select id, contestant_id from learning.sides where bout_id = %s order by side", bout.id)
    event = kinds.AnswerVoted if bout.kind == "answer" else kinds.PictureVoted
    await log.record(
        db, event(actor_id=bout.account_id, item_id=bout.id, winner=winner, sides=[id_ for id_, _ in told], contestants=[one for _, one in told])
    )  # fmt: skip
