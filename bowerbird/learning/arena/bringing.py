"""Bringing a prompt: one verb behind both doors. What a rule stops is written down though nothing else is, so it opens its own transactions."""

from __future__ import annotations

from dataclasses import replace

from bowerbird.accounts import usage
from bowerbird.accounts.people import Person
from bowerbird.assistant import asked
from bowerbird.core import jobs, limits
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Conflict, Invalid, TooLarge, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.learning.arena import bouts, contestants, pairing
from bowerbird.learning.arena.bouts import Bout
from bowerbird.learning.arena.contestants import Contestant, Kind
from bowerbird.moderation import screening
from bowerbird.studio import generations
from bowerbird.studio.generations import Ask

LENGTH_MAX: dict[Kind, int] = {"answer": 2_000, "picture": generations.PROMPT_LENGTH_MAX}
HOUR_MAX, WAITING_MAX = 30, 3  # bouts of one person in an hour, and under way
SIDE_PX = 512
ALONE: dict[Kind, str] = {
    "answer": "There are not two language models here that could meet yet.",
    "picture": "There are not two picture models here that could meet yet.",
}


async def bring(pool: Pool, me: Person, kind: str, prompt: str) -> Bout:
    """Have two models try a prompt. Raises Invalid, TooLarge, TooMany, Conflict where there are not two, Refused with the rule."""
    sort, words = _checked(kind, prompt)
    looked = await contestants.look(sort)
    async with pool.transaction() as db:
        present = await contestants.present(db, looked)
        if len(present) < 2:
            raise Conflict(ALONE[sort])
        await _allow(db, me, sort)
        bout_id = new_id()
        pair = pairing.drawn(present, await pairing.met(db, sort), pairing.dice(settings(), bout_id))
    if sort == "picture":
        return await _painted(pool, me, bout_id, words, pair)
    async with pool.transaction() as db:
        await bouts.begin(db, me, bout_id, sort, words, pair)
        await jobs.defer(db, "learning:bout", queue="arena", bout_id=str(bout_id))
        return await bouts.own(db, me, bout_id)


async def _painted(pool: Pool, me: Person, bout_id: int, words: str, pair: tuple[Contestant, Contestant]) -> Bout:
    """Asked for under the person's name before the rules, painted as the assistant's: nothing of it lies in anybody's studio."""
    seed = pairing.dice(settings(), bout_id).getrandbits(30)
    wanted = [
        Ask(prompt=words, tier=contestants.tier(one.key), width=SIDE_PX, height=SIDE_PX, count=1, seed=seed) for one in pair
    ]
    allowed = [await screening.allow(pool, me, one) for one in wanted]
    async with pool.transaction() as db:
        own = await asked.bower(db)
        sides = await bouts.begin(db, me, bout_id, "picture", words, pair)
        for side_id, one, leave in zip(sides, wanted, allowed, strict=True):
            generation = await generations.ask(db, own, one, payer=me)
            await screening.settle(
                db, me, replace(leave, engine=""), generation.id
            )  # they may read that, and it would name the model
            await db.execute("update learning.sides set generation_id = %s where id = %s", generation.id, side_id)
        return await bouts.own(db, me, bout_id)


async def _allow(db: Database, me: Person, kind: Kind) -> None:
    """Count it, and what waits. Two brought in the same moment may both pass; no more than HOUR_MAX do in an hour."""
    await limits.spend(db, f"bout:{me.id}", times_max=HOUR_MAX, window_s=3_600)
    if kind == "answer":
        await usage.within(db, me)
    waiting = await db.value(
        "select count(*) from learning.bouts_now where account_id = %s and state in ('queued', 'running')", me.id
    )
    if waiting >= WAITING_MAX:
        raise TooMany(f"{waiting} of yours are under way. Wait for one of them.", retry_after_s=10)


def _checked(kind: str, prompt: str) -> tuple[Kind, str]:
    sort = contestants.kind_of(kind)
    words = prompt.replace("\x00", "").strip()
    if not words:
        raise Invalid("Bring a question first." if sort == "answer" else "Say what is to be painted first.")
    if len(words) > LENGTH_MAX[sort]:
        raise TooLarge(f"That has {len(words):,} characters; up to {LENGTH_MAX[sort]:,} fit here.")
    return sort, words
