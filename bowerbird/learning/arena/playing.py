"""Having both answers written: a job leases the bout, asks one after the other, keeps each as it comes. Pictures are painted by the studio.

A worker that dies loses at most the answer it was hearing: its lease runs out and the next one goes on."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.accounts import usage
from bowerbird.core import jobs, leases, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.ids import before
from bowerbird.core.settings import settings
from bowerbird.learning.arena import speaking
from bowerbird.learning.arena.speaking import Spoken

LEASE_S, RENEW_S, ATTEMPTS_MAX = 20, 5, 3
SIDE_S_MAX = 150.0
HELD = "id = %s and attempts = %s and state = 'running'"  # by who leased it, not by who came after
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """A bout in hand."""

    id: int
    account_id: int
    prompt: str
    attempts: int


@dataclass(frozen=True, slots=True)
class _Seat:
    id: int
    key: str
    name: str
    text: str


async def play(pool: Pool, bout_id: int) -> None:
    """Both answers to their end. Called twice it does no harm."""
    async with pool.transaction() as db:
        one = await _lease(db, bout_id)
    if one is None:
        return
    over = asyncio.Event()
    keeper = asyncio.create_task(_keep(pool, one, over))
    try:
        await _both(pool, one)
    except asyncio.CancelledError:  # told to stop: the next worker need not wait for the lease to run out
        with suppress(Trouble):
            async with pool.transaction() as db:
                await db.execute(f"update learning.bouts set leased_until = now() where {HELD}", one.id, one.attempts)
        raise
    except (Trouble, TimeoutError) as trouble:
        log.info("bout %s, attempt %s: %s", one.id, one.attempts, trouble)
        if one.attempts >= ATTEMPTS_MAX or not getattr(trouble, "again", True):
            await _end(pool, one, "failed")
    finally:
        over.set()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def _both(pool: Pool, one: Lease) -> None:
    """Raises ChatTrouble or TimeoutError where one of them does not answer. Who is heard first is left to chance."""
    seats, heard = await _seats(pool, one.id), list[Spoken]()
    waiting = [seat for seat in seats if not seat.text]
    try:
        for seat in random.sample(waiting, len(waiting)):
            async with asyncio.timeout(SIDE_S_MAX):
                spoken = await speaking.speak(settings(), seat.key, one.prompt)
            heard.append(spoken)
            async with pool.transaction() as db:
                await db.execute(
                    """update learning.sides set text = %s, seconds = %s where id = %s and text = ''
                       and exists (select 1 from learning.bouts b where b.id = bout_id and b.attempts = %s)""",
                    spoken.text, spoken.seconds, seat.id, one.attempts,
                )  # fmt: skip
    finally:
        await _count(pool, one, heard)
    names = tuple(seat.name for seat in seats)
    named = any(speaking.names_itself(seat.text, names, one.prompt) for seat in await _seats(pool, one.id))
    await _end(pool, one, "done", named=named)


async def _count(pool: Pool, one: Lease, heard: Sequence[Spoken]) -> None:
    """What it cost, in one: after the first answer alone it would say how fast who wrote which speaks."""
    if heard:
        async with pool.transaction() as db:
            await usage.record(
                db, one.account_id, "arena", "arena", sum(each.prompt_tokens for each in heard), sum(each.tokens for each in heard),
                sum(each.seconds for each in heard),
            )  # fmt: skip


async def _seats(pool: Pool, bout_id: int) -> list[_Seat]:
    async with pool.reading() as db:
        return await db.many(
            _Seat,
            """select s.id, c.key, c.name, s.text from learning.sides s join learning.contestants c on c.id = s.contestant_id
               where s.bout_id = %s order by s.side""",
            bout_id,
        )


async def _end(pool: Pool, one: Lease, state: str, *, named: bool = False) -> None:
    async with pool.transaction() as db:
        await db.execute(
            f"update learning.bouts set state = %s, named = %s, leased_until = null where {HELD}",
            state,
            named,
            one.id,
            one.attempts,
        )
        await live.tell(db, [f"bout:{one.id}"], "bout", one.id)


async def sweep(db: Database) -> int:
    """Have what a dead worker left done again, and end what was begun too often; how many."""
    for id_ in await db.values(
        """update learning.bouts set state = 'failed' where kind = 'answer' and state = 'running' and leased_until < now()
           and attempts >= %s returning id""",
        ATTEMPTS_MAX,
    ):
        await live.tell(db, [f"bout:{id_}"], "bout", id_)
    left = await db.values(
        """select id from learning.bouts where kind = 'answer' and state in ('queued', 'running')
           and (leased_until is null or leased_until < now()) and id < %s order by id limit 100""",
        before(datetime.now(UTC) - timedelta(seconds=LEASE_S)),  # what is younger has a job that waits
    )
    for id_ in left:
        await jobs.defer(db, "learning:bout", queue="arena", once=f"bout:{id_}", bout_id=str(id_))
    return len(left)


async def _lease(db: Database, bout_id: int) -> Lease | None:
    return await db.maybe(
        Lease,
        """update learning.bouts set state = 'running', attempts = attempts + 1, leased_until = now() + make_interval(secs => %s)
           where id = %s and kind = 'answer' and state in ('queued', 'running') and attempts < %s
             and (leased_until is null or leased_until < now()) returning id, account_id, prompt, attempts""",
        LEASE_S, bout_id, ATTEMPTS_MAX,
    )  # fmt: skip


async def _keep(pool: Pool, one: Lease, over: asyncio.Event) -> None:
    """Renew the lease until it is over, however long a model says nothing."""
    renew = f"update learning.bouts set leased_until = now() + make_interval(secs => %s) where {HELD}"
    await leases.keep(pool, over, RENEW_S, lambda db: db.execute(renew, LEASE_S, one.id, one.attempts))
