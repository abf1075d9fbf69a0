"""Painting: takes a generation's id, leases it, has each candidate drawn, writes progress as it comes.

A worker that dies loses nothing: its lease runs out and the next one goes on with the candidates that are not done."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress

from bowerbird.core import jobs, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import settings
from bowerbird.inference import images
from bowerbird.inference.images import EndpointTrouble, Finished, Progress, Wish
from bowerbird.inference.wire import Wishes
from bowerbird.media import attachments, blobs
from bowerbird.studio import pictures
from bowerbird.studio.generations import COLUMNS, Candidate, Generation
from bowerbird.studio.pictures import Picture

LEASE_S = 12
RENEW_S = 3
ATTEMPTS_MAX = 20  # leases in all: what kills every worker that takes it must end too
TRIES_MAX = 8  # our own runner, when it was killed, is back within seconds
TRIES_ELSEWHERE_MAX = 3  # nobody here starts another's endpoint again, and each try may cost money
BACKOFF_S_MAX = 30.0
log = logging.getLogger(__name__)


async def paint(pool: Pool, generation_id: int) -> None:
    """Paint what is not done of a generation. Running it twice does no harm: one holds the lease, the other leaves."""
    async with pool.transaction() as db:
        generation = await _lease(db, generation_id)
        if generation is None:
            return
        waiting = await db.many(
            Candidate,
            "select * from studio.candidates where generation_id = %s and state in ('queued', 'running') order by position",
            generation_id,
        )
        source = await pictures.by_id(db, generation.source_id) if generation.source_id else None
        await live.tell(db, [f"generation:{generation_id}", "queue"], "running", generation_id)
    over = asyncio.Event()
    keeper = asyncio.create_task(_keep(pool, generation_id, over))
    places = asyncio.Semaphore(settings().paint_parallel)

    async def one(candidate: Candidate) -> None:
        async with places:
            await _candidate(pool, generation, candidate, source)

    try:
        async with asyncio.TaskGroup() as group:
            for candidate in waiting:
                group.create_task(one(candidate))
    except BaseException:  # told to stop, or the database went away: the next worker need not wait for the lease to run out
        with suppress(Trouble):
            async with pool.transaction() as db:
                await db.execute(
                    "update studio.generations set leased_until = now() where id = %s and state = 'running'", generation_id
                )
        raise
    finally:
        over.set()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    async with pool.transaction() as db:
        await _finish(db, generation_id)


async def sweep(db: Database) -> int:
    """Queue again what was left by a worker that died; how many. Safe to run at any time, by anyone."""
    for id_ in await db.values(
        """update studio.generations set error = 'It was begun too often and never finished.'
           where state = 'running' and attempts >= %s and leased_until < now() returning id""",
        ATTEMPTS_MAX,
    ):
        await db.execute(
            "update studio.candidates set state = 'failed' where generation_id = %s and state in ('queued', 'running')", id_
        )
        await _finish(db, id_)
    left = await db.values(
        """select id from studio.generations where state in ('queued', 'running')
           and (leased_until is null or leased_until < now()) order by id limit 100"""
    )
    for id_ in left:
        await jobs.defer(db, "studio:paint", once=f"paint:{id_}", queue="painting", generation_id=str(id_))
    return len(left)


async def forget_previews(db: Database) -> int:
    """Previews of candidates that are painted no more."""
    return await db.execute(
        """delete from studio.previews v where not exists (
               select 1 from studio.candidates c where c.id = v.candidate_id and c.state in ('queued', 'running'))"""
    )


async def _lease(db: Database, generation_id: int) -> Generation | None:
    return await db.maybe(
        Generation,
        f"""update studio.generations set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()),
                leased_until = now() + make_interval(secs => %s)
            where id = %s and state in ('queued', 'running') and (leased_until is null or leased_until < now()) returning {COLUMNS}""",
        LEASE_S, generation_id,
    )  # fmt: skip


async def _keep(pool: Pool, generation_id: int, over: asyncio.Event) -> None:
    """Renew the lease until it is `over`; a cancellation alone may be lost when the database goes away in that moment."""
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), RENEW_S)
            return
        with suppress(Trouble):  # a database that is away for a moment: the lease outlives three missed renewals
            async with pool.transaction() as db:
                await db.execute(
                    "update studio.generations set leased_until = now() + make_interval(secs => %s) where id = %s and state = 'running'",
                    LEASE_S, generation_id,
                )  # fmt: skip


async def _candidate(pool: Pool, generation: Generation, candidate: Candidate, source: Picture | None) -> None:
    """One candidate to its end: done, failed, or left alone because it was called off."""
    tries_max = TRIES_MAX if images.endpoint(settings()).ours else TRIES_ELSEWHERE_MAX
    for attempt in range(tries_max):
        try:
            return await _draw(pool, generation, candidate, source)
        except EndpointTrouble as trouble:
            log.warning("candidate %s, try %s: %s", candidate.id, attempt + 1, trouble.said)
            if not trouble.again or attempt + 1 == tries_max:
                return await _fail(pool, generation, candidate, trouble.said)
            await asyncio.sleep(min(BACKOFF_S_MAX, 0.5 * 2**attempt))
    return None


async def _draw(pool: Pool, generation: Generation, candidate: Candidate, source: Picture | None) -> None:
    wishes = Wishes(
        negative_prompt=generation.negative_prompt,
        style=generation.style,
        variant=candidate.position,
        edits=generation.edits,
        parent={**source.recipe, "prompt": source.prompt} if source and source.recipe else None,
        strength=generation.strength,
    )
    where = images.endpoint(settings())
    image = None if where.ours else await _parent(pool, source)
    wish = Wish(generation.prompt, generation.width, generation.height, candidate.seed, wishes, image)
    async with aclosing(images.draw(where, wish)) as said:
        async for news in said:
            if isinstance(news, Progress):
                if not await _progress(pool, generation.id, candidate, news):
                    return
            else:
                await _keep_picture(pool, generation, candidate, source, news)


async def _parent(pool: Pool, source: Picture | None) -> bytes | None:
    """The parent's own pixels, for an engine that starts from a picture; None where there is none (any more)."""
    if source is None or source.media_id is None:
        return None
    async with pool.reading() as db:
        media = await attachments.of(db, [source.media_id])
    return await blobs.get(media[0].blob) if media else None


async def _progress(pool: Pool, generation_id: int, candidate: Candidate, news: Progress) -> bool:
    """Write a step down and tell who watches; False once it was called off."""
    async with pool.transaction() as db:
        going = await db.execute(
            """update studio.candidates c set state = 'running', step = %s, steps = %s, stage = %s from studio.generations g
               where c.id = %s and g.id = c.generation_id and g.state = 'running' and c.state in ('queued', 'running')""",
            news.step, news.steps, news.stage[:60], candidate.id,
        )  # fmt: skip
        if not going:
            return False
        if news.preview:
            await db.execute(
                """insert into studio.previews (candidate_id, step, image) values (%s, %s, %s)
                   on conflict (candidate_id) do update set step = excluded.step, image = excluded.image""",
                candidate.id, news.step, news.preview,
            )  # fmt: skip
        await live.tell(db, [f"generation:{generation_id}"], "progress", candidate.id)
    return True


async def _keep_picture(pool: Pool, generation: Generation, candidate: Candidate, source: Picture | None, news: Finished) -> None:
    try:
        made = await attachments.prepare(news.image, quality=92)
    except Trouble as unreadable:
        raise EndpointTrouble("The picture model sent something that is no picture.", again=False) from unreadable
    where = images.endpoint(settings())
    recipe = news.made.recipe or {
        "engine": where.engine,
        "model": where.model or where.engine,
        "prompt": generation.prompt,
        "seed": None,
        "width": made.width,
        "height": made.height,
        "steps": None,
    }
    recipe |= {"reading": news.made.reading, "notes": news.made.notes, "credits": news.made.credits, "alt": news.made.alt}
    async with pool.transaction() as db:
        mine = await db.value(
            """select 1 from studio.candidates c join studio.generations g on g.id = c.generation_id
               where c.id = %s and c.picture_id is null and g.state = 'running' for update of c""",
            candidate.id,
        )
        if mine is None:
            return
        media = await attachments.attach(db, generation.account_id, made, alt="", generated=True)
        picture = await pictures.create(
            db, generation.account_id, media.id, generation.prompt, recipe, source, generation.strength
        )
        await db.execute(
            "update studio.candidates set state = 'done', step = greatest(steps, %s), steps = greatest(steps, %s), picture_id = %s where id = %s",
            news.made.steps, news.made.steps, picture.id, candidate.id,
        )  # fmt: skip
        await db.execute("delete from studio.previews where candidate_id = %s", candidate.id)
        await live.tell(db, [f"generation:{generation.id}"], "progress", candidate.id)


async def _fail(pool: Pool, generation: Generation, candidate: Candidate, said: str) -> None:
    async with pool.transaction() as db:
        await db.execute(
            "update studio.candidates set state = 'failed' where id = %s and state in ('queued', 'running')", candidate.id
        )
        await db.execute("update studio.generations set error = %s where id = %s", said[:300], generation.id)
        await live.tell(db, [f"generation:{generation.id}"], "progress", candidate.id)


async def _finish(db: Database, generation_id: int) -> None:
    """Done when one try is, failed when none is."""
    await db.execute(
        """update studio.generations g set finished_at = now(), leased_until = null,
               state = case when exists (select 1 from studio.candidates c where c.generation_id = g.id and c.state = 'done')
                            then 'done' else 'failed' end,
               error = case when exists (select 1 from studio.candidates c where c.generation_id = g.id and c.state = 'done')
                            then null else coalesce(error, 'Nothing came of it.') end
           where id = %s and state = 'running'
             and not exists (select 1 from studio.candidates c where c.generation_id = g.id and c.state in ('queued', 'running'))""",
        generation_id,
    )
    await live.tell(db, [f"generation:{generation_id}", "queue"], "finished", generation_id)
