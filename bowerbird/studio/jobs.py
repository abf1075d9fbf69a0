"""Painting: takes a model's name, leases the generation whose turn it is, has each candidate drawn, writes progress as it comes.

A worker that dies loses nothing: its lease runs out and the next one goes on with the candidates that are not done. Each lease counts
`attempts` up, so that who was only slow finds that it is not theirs any more, and keeps nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from dataclasses import replace

from bowerbird.core import jobs, leases, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble, Unavailable
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.inference import images, tiers
from bowerbird.inference.images import EndpointTrouble, Finished, Progress, Wish
from bowerbird.inference.wire import Wishes
from bowerbird.media import attachments, blobs, origins
from bowerbird.media.pictures import LARGE_SIDE_MAX
from bowerbird.studio import masks, pictures, proof, timelapses, turns
from bowerbird.studio.generations import COLUMNS, Candidate, Generation
from bowerbird.studio.pictures import Picture
from bowerbird.studio.screens import Screen

LEASE_S = 12
RENEW_S = 3
ATTEMPTS_MAX = 20  # leases in all: what kills every worker that takes it must end too
TRIES_MAX = 8  # our own runner, when it was killed, is back within seconds
TRIES_ELSEWHERE_MAX = 3  # nobody here starts another's endpoint again, and each try may cost money
BACKOFF_S_MAX = 30.0
WORDS_OF = "Illustrator"
ENLARGED_SIDE_MAX = 4096  # px; every other picture is kept at LARGE_SIDE_MAX at most
UNSAID_SIZE = (768, 768)  # for the upscaler, which goes by its source
log = logging.getLogger(__name__)


_hands: dict[str, bool] = {}  # the models this process paints with now, and whether more was asked of each meanwhile


async def paint(pool: Pool, tier: str, screen: Screen) -> None:
    """Paint what waits for a model, in turns, until nothing does; `screen` says which pictures are kept.

    Called again meanwhile, it only takes note and leaves."""
    if tier in _hands:
        _hands[tier] = True
        return
    _hands[tier] = True
    try:
        while _hands[tier]:
            _hands[tier] = False
            while await _turn(pool, tier, screen):
                pass
    finally:
        del _hands[tier]


async def _turn(pool: Pool, tier: str, screen: Screen) -> bool:
    """Paint what is not done of the generation whose turn it is; False where none is left."""
    async with pool.transaction() as db:
        generation_id = await turns.following(db, tier)
        generation = await _lease(db, generation_id) if generation_id else None
        if generation is None or generation_id is None:
            return False
        waiting = await db.many(
            Candidate,
            "select * from studio.candidates where generation_id = %s and state in ('queued', 'running') order by position",
            generation_id,
        )
        source = await pictures.by_id(db, generation.source_id) if generation.source_id else None
        await live.tell(db, [f"generation:{generation_id}", "queue"], "running", generation_id)
    await _paint(pool, generation, waiting, source, screen)
    return True


async def _paint(pool: Pool, generation: Generation, waiting: list[Candidate], source: Picture | None, screen: Screen) -> None:
    """All candidates of a leased generation to their ends."""
    generation_id = generation.id
    over = asyncio.Event()
    painting: list[asyncio.Task[None]] = []
    keeper = asyncio.create_task(_keep(pool, generation, over, painting))
    places = asyncio.Semaphore(settings().paint_parallel)

    async def one(candidate: Candidate) -> None:
        async with places:
            await _candidate(pool, generation, candidate, source, screen)

    try:
        async with asyncio.TaskGroup() as group:
            for candidate in waiting:
                painting.append(group.create_task(one(candidate)))
    except BaseException:  # told to stop, or the database went away: the next worker need not wait for the lease to run out
        with suppress(Trouble):
            async with pool.transaction() as db:
                await db.execute(
                    "update studio.generations set leased_until = now() where id = %s and state = 'running' and attempts = %s",
                    generation_id, generation.attempts,
                )  # fmt: skip
        raise
    finally:
        over.set()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    async with pool.transaction() as db:
        if (
            await db.value("select attempts from studio.generations where id = %s for update", generation_id)
            == generation.attempts
        ):
            await _finish(db, generation_id)


async def sweep(db: Database) -> int:
    """Have what was left by a worker that died painted again; for how many models. Safe to run at any time, by anyone."""
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
        """select distinct tier from studio.generations where state in ('queued', 'running')
           and (leased_until is null or leased_until < now()) limit 100"""
    )
    for tier in left:
        await jobs.defer(db, "studio:paint", once=f"paint:{tier}", queue="painting", tier=tier)
    return len(left)


async def forget_previews(db: Database) -> int:
    """Previews of candidates that are painted no more."""
    return await db.execute(
        """delete from studio.previews v where not exists (
               select 1 from studio.candidates c where c.id = v.candidate_id and c.state in ('queued', 'running'))"""
    ) + await timelapses.forget_frames(db)


async def _lease(db: Database, generation_id: int) -> Generation | None:
    return await db.maybe(
        Generation,
        f"""update studio.generations set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()),
                leased_until = now() + make_interval(secs => %s)
            where id = %s and state in ('queued', 'running') and (leased_until is null or leased_until < now()) returning {COLUMNS}""",
        LEASE_S, generation_id,
    )  # fmt: skip


async def _keep(pool: Pool, generation: Generation, over: asyncio.Event, painting: list[asyncio.Task[None]]) -> None:
    """Renew the lease until it is `over`; a cancellation alone may be lost when the database goes away in that moment.

    Where it was called off or another worker took it over meanwhile, end the `painting`: an engine that says nothing would not hear of it
    otherwise."""
    renew = """update studio.generations set leased_until = now() + make_interval(secs => %s)
               where id = %s and state = 'running' and attempts = %s"""
    if not await leases.keep(pool, over, RENEW_S, lambda db: db.execute(renew, LEASE_S, generation.id, generation.attempts)):
        for task in painting:
            task.cancel()


async def _candidate(pool: Pool, generation: Generation, candidate: Candidate, source: Picture | None, screen: Screen) -> None:
    """One candidate to its end: done, failed, or left alone because it was called off."""
    tries_max = TRIES_ELSEWHERE_MAX if generation.tier == images.ENDPOINT else TRIES_MAX
    for attempt in range(tries_max):
        try:
            return await _draw(pool, generation, candidate, source, screen)
        except EndpointTrouble as trouble:
            log.warning("candidate %s, try %s: %s", candidate.id, attempt + 1, trouble.said)
            if not trouble.again or attempt + 1 == tries_max:
                return await _fail(pool, generation, candidate, trouble.said)
            await asyncio.sleep(max(trouble.after_s, min(BACKOFF_S_MAX, 0.5 * 2**attempt)))
        except Unavailable:
            raise
        except Trouble as wrong:  # it would be the same again, and may cost money each time
            log.warning("candidate %s: %s", candidate.id, wrong.said)
            return await _fail(pool, generation, candidate, f"This picture could not be finished: {wrong.said}")
    return None


async def _draw(pool: Pool, generation: Generation, candidate: Candidate, source: Picture | None, screen: Screen) -> None:
    wishes = Wishes(
        negative_prompt=generation.negative_prompt,
        style=generation.style,
        variant=candidate.position,
        edits=generation.edits,
        parent={**source.recipe, "prompt": source.recipe.get("worded") or source.prompt} if source and source.recipe else None,
        strength=generation.strength,
        factor=generation.factor,
    )
    where = images.endpoint(settings(), generation.tier)
    image = None if generation.tier == images.ILLUSTRATOR else await _parent(pool, generation, source)
    size = (generation.width, generation.height) if not generation.factor else UNSAID_SIZE
    image, mask = await _part(pool, generation, image) if generation.anew else (image, None)
    wish = Wish(generation.worded, *size, candidate.seed, wishes, image, mask)
    began = time.monotonic()
    async with aclosing(images.draw(where, wish)) as said:
        async for news in said:
            if isinstance(news, Progress):
                if not await _progress(pool, generation, candidate, news):
                    return
            else:
                if source and image is None and not (generation.tier == images.ILLUSTRATOR and "scene" in (source.recipe or {})):
                    news.made.notes.append(images.WORDS_ONLY)
                whole = news.image
                if image and mask:
                    whole = await asyncio.to_thread(masks.pasted, image, mask, whole, pixels_max=settings().upload_pixels_max)
                done = Finished(whole, news.made)
                await _keep_picture(pool, generation, candidate, source, done, time.monotonic() - began, screen)


async def _parent(pool: Pool, generation: Generation, source: Picture | None) -> bytes | None:
    """The parent's own pixels, for an engine that starts from a picture; None where there is none (any more) or it cannot."""
    if source is None or source.media_id is None:
        if generation.factor:
            raise EndpointTrouble("The picture to enlarge was taken away.", again=False)
        return None
    if generation.factor:
        return await _pixels(pool, source.media_id)
    there = {tier.id: tier for tier in await tiers.offered()}
    if generation.tier not in there:
        raise EndpointTrouble("The picture model does not answer, or was taken away.", again=True)
    if not there[generation.tier].can.image_to_image:
        return None
    return await _pixels(pool, source.media_id)


async def _part(pool: Pool, generation: Generation, parent: bytes | None) -> tuple[bytes, bytes]:
    """What is there before a part is painted anew, and which part. Raises EndpointTrouble where either is gone."""
    async with pool.reading() as db:
        mask = await masks.of(db, generation.id)
    if parent is None or (mask is None and not generation.extend):
        raise EndpointTrouble("The picture to change was taken away, or its model cannot paint a part any more.", again=False)
    return await asyncio.to_thread(masks.canvas, parent, mask, generation.extend, generation.width, generation.height)


async def _pixels(pool: Pool, media_id: int) -> bytes | None:
    async with pool.reading() as db:
        media = await attachments.of(db, [media_id])
    return await blobs.get(media[0].blob) if media else None


async def _progress(pool: Pool, generation: Generation, candidate: Candidate, news: Progress) -> bool:
    """Write a step down and tell who watches; False once it was called off, or is another worker's."""
    generation_id = generation.id
    async with pool.transaction() as db:
        going = await db.execute(
            """update studio.candidates c set state = 'running', step = %s, steps = %s, stage = %s from studio.generations g
               where c.id = %s and g.id = c.generation_id and g.state = 'running' and g.attempts = %s
                 and c.state in ('queued', 'running')""",
            news.step, news.steps, news.stage[:60], candidate.id, generation.attempts,
        )  # fmt: skip
        if not going:
            return False
        if news.preview:
            await db.execute(
                """insert into studio.previews (candidate_id, step, image) values (%s, %s, %s)
                   on conflict (candidate_id) do update set step = excluded.step, image = excluded.image""",
                candidate.id, news.step, news.preview,
            )  # fmt: skip
            if generation.timelapse:
                await timelapses.frame(db, candidate.id, news.step, news.preview)
        await live.tell(db, [f"generation:{generation_id}"], "progress", candidate.id)
    return True


async def _keep_picture(
    pool: Pool,
    generation: Generation,
    candidate: Candidate,
    source: Picture | None,
    news: Finished,
    seconds: float,
    screen: Screen,
) -> None:
    where = images.endpoint(settings(), generation.tier)
    told, picture_id = news.made.recipe or {"engine": where.engine, "model": where.model or where.engine}, new_id()
    side_max = ENLARGED_SIDE_MAX if generation.factor else LARGE_SIDE_MAX
    made = await proof.prepare(pool, news.image, picture_id, told, source, side_max=side_max)
    screened = await screen(generation, made)
    if screened.refused:
        await _fail(pool, generation, candidate, screened.refused)
        return
    made = replace(made, label=screened.label)
    animation = await _timelapse(pool, candidate, news) if generation.timelapse else None
    recipe = news.made.recipe or {
        "engine": where.engine,
        "model": where.model or where.engine,
        "prompt": generation.prompt,
        "seed": None,
        "width": made.width,
        "height": made.height,
        "steps": None,
    }
    if (
        source
        and recipe.get("engine") == WORDS_OF
        and not source.recipe.get("scene")
        and images.WORDS_ONLY not in news.made.notes
    ):
        news.made.notes.append(images.WORDS_ONLY)  # it goes on from its own scenes, not from pixels
    recipe |= {"reading": news.made.reading, "notes": news.made.notes, "credits": news.made.credits, "alt": news.made.alt}
    if generation.anew:
        recipe |= {"anew": generation.anew, "extend": generation.extend, "width": made.width, "height": made.height}
    if generation.factor and source:  # what it shows is its source's
        recipe |= {key: source.recipe[key] for key in ("alt", "medium", "style") if key in source.recipe}
        if "style" in recipe and source.creator_id != generation.account_id:  # its words may be private
            recipe["style"] = {key: value for key, value in recipe["style"].items() if key not in ("before", "after")}
    if generation.preset:
        recipe |= {"style": generation.preset, "worded": generation.worded, "prompt": generation.prompt}
    recipe |= {"seconds": round(seconds, 1)} | ({} if where.ours else {"cost": settings().models_pictures_cost})
    async with pool.transaction() as db:
        mine = await db.value(
            """select 1 from studio.candidates c join studio.generations g on g.id = c.generation_id
               where c.id = %s and c.picture_id is null and g.state = 'running' and g.attempts = %s for update of c""",
            candidate.id, generation.attempts,
        )  # fmt: skip
        if mine is None:
            return
        if (
            source and source.media_id and (said := await origins.reserved(db, [source.media_id]))
        ):  # what is made from it keeps its word
            made = replace(made, found=replace(made.found, reserved=said))
        media = await attachments.attach(db, generation.account_id, made, alt="", generated=True)
        picture = await pictures.create(
            db, generation.account_id, media.id, generation.prompt, recipe, source, generation.strength, id_=picture_id
        )
        await db.execute(
            """update studio.candidates set state = 'done', step = greatest(steps, %s), steps = greatest(steps, %s), picture_id = %s, reward = %s
               where id = %s""",
            news.made.steps, news.made.steps, picture.id, news.made.reward, candidate.id,
        )  # fmt: skip
        await db.execute("delete from studio.previews where candidate_id = %s", candidate.id)
        if generation.timelapse:
            await timelapses.keep(db, candidate.id, picture.id, animation)
        await live.tell(db, [f"generation:{generation.id}"], "progress", candidate.id)


async def _timelapse(pool: Pool, candidate: Candidate, news: Finished) -> bytes | None:
    async with pool.reading() as db:
        previews = await timelapses.frames(db, candidate.id)
    return await timelapses.animated(previews, news.image)


async def _fail(pool: Pool, generation: Generation, candidate: Candidate, said: str) -> None:
    async with pool.transaction() as db:
        ours = await db.execute(
            "update studio.generations set error = %s where id = %s and attempts = %s",
            said.replace("\x00", "")[:300], generation.id, generation.attempts,
        )  # fmt: skip
        if not ours:
            return
        await db.execute(
            "update studio.candidates set state = 'failed' where id = %s and state in ('queued', 'running')", candidate.id
        )
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
    await masks.forget(db, generation_id)
    await live.tell(db, [f"generation:{generation_id}", "queue"], "finished", generation_id)
