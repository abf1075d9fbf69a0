"""The shelf: one's pictures, favourites and what one asked for before; and what one does with a picture: keep, vary, enlarge it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, Refused, TooMany, Unavailable
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import bowers, easel, enlarging, faces, remixes, variations
from bowerbird.gallery.bowers import Hung
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Shown
from bowerbird.inference import tiers
from bowerbird.media import attachments
from bowerbird.moderation import screening
from bowerbird.studio import favourites, generations, history
from bowerbird.studio.pictures import Picture
from bowerbird.web import asking, easels, render

SHOWN, HISTORY = 36, 20
QUERY_LENGTH_MAX = 200


@get("/shelf")
async def mine(request: Ask) -> Response[Any]:
    """What one had made here."""
    me = await asking.me(request)
    before = parse(request.query_params.get("before"))
    async with pool(request).reading() as db:
        found = await history.pictures(db, me, Page(before=before, limit=SHOWN + 1))
        held = await bowers.hung(db, me, [one.id for one in found[:SHOWN]])
        shared = await asking.context(request, db, me)
    draft_id = parse(request.query_params.get("draft")) or ""
    following = f"/shelf?before={found[SHOWN - 1].id}{f'&draft={draft_id}' if draft_id else ''}" if len(found) > SHOWN else None
    private = {one.id for one in found if one.shown_at is None}
    return asking.page(
        request,
        "pages/shelf.jinja",
        shared,
        tab="pictures",
        hung=held,
        people={},
        private=private,
        next=following,
        draft_id=draft_id,
    )


@get("/favourites")
async def liked(request: Ask) -> Response[Any]:
    """Pictures one likes to find again."""
    me = await asking.me(request)
    before = parse(request.query_params.get("before"))
    async with pool(request).reading() as db:
        found = await favourites.of(db, me, Page(before=before, limit=SHOWN + 1))
        held = await bowers.hung(db, me, [picture_id for _, picture_id in found[:SHOWN]])
        shared = await asking.context(request, db, me)
        people = await makers(db, held, me)
    following = f"/favourites?before={found[SHOWN - 1][0]}" if len(found) > SHOWN else None
    return asking.page(
        request, "pages/shelf.jinja", shared, tab="favourites", hung=held, people=people, private=set(), next=following
    )


async def makers(db: Database, held: list[Hung], me: Person | None) -> dict[int, Face]:
    """Whose the pictures are, where they are not one's own."""
    return await faces.of(db, list({one.creator_id for one in held} - ({me.id} if me else set())))


@get("/history")
async def before(request: Ask) -> Response[Any]:
    """What one asked for, to be searched and used again."""
    me = await asking.me(request)
    asked = request.query_params
    query = asked.get("q", "")[:QUERY_LENGTH_MAX].replace("\x00", "")
    async with pool(request).reading() as db:
        found = await history.search(db, me, query, Page(before=parse(asked.get("before")), limit=HISTORY + 1))
        past = [(one, easels.view(seen)) for one, seen in zip(found[:HISTORY], await easel.of(db, found[:HISTORY]), strict=True)]
        shared = await asking.context(request, db, me)
    following = f"/history?before={found[HISTORY - 1].id}" if len(found) > HISTORY and not query else None
    return asking.page(request, "pages/prompts.jinja", shared, past=past, query=query, next=following)


@post("/history/clear", status_code=303)
async def clear(request: Ask) -> Response[Any]:
    """Forget what one asked for."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await history.clear(db, me)
    return render.redirect("/history", toast="Forgotten. Your pictures are where they were.")


@post("/studio/sketch", status_code=204)
async def sketch(request: Ask) -> None:
    """Keep what stands in the prompt form."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        await history.keep_sketch(db, me, form.fields)


async def keeping(db: Database, me: Person, picture: Picture, media: Shown) -> dict[str, Any]:
    """What a picture's page offers its reader: heart, bowers, growth, and how it came to be."""
    own = await bowers.of(db, me, me.id, Page(limit=80))
    held = await attachments.of(db, [media.media_id])
    can_grow = picture.creator_id == me.id and await tiers.enlarges()
    return {
        "favourite": picture.id in await favourites.among(db, me, [picture.id]), "bowers": own, "holding": await bowers.holding(db, me, picture.id),
        "factors": enlarging.fits(held[0]) if can_grow and held else [],
    }  # fmt: skip


@post(["/pictures/{id_:str}/favourite", "/pictures/{id_:str}/unfavourite"], status_code=303)
async def favour(request: Ask, id_: str) -> Response[Any]:
    """Put it among one's favourites, or let it go."""
    me = await asking.me(request)
    await asking.form(request)
    on = request.url.path.endswith("/favourite")
    async with pool(request).transaction() as db:
        picture = await remixes.see(db, me, id_of(id_))
        await (favourites.add if on else favourites.drop)(db, me, picture.id)
    if asking.by_htmx(request):
        return Response(b"", status_code=204)
    return render.redirect(asking.back(request, f"/pictures/{id_of(id_)}"), toast="Kept in your favourites." if on else "")


@post("/pictures/{id_:str}/bowers", status_code=303)
async def keep(request: Ask, id_: str) -> Response[Any]:
    """Hang it in the bowers that are ticked and take it out of the others; a new one by its name."""
    me = await asking.me(request)
    form = await asking.form(request)
    wanted, which = set(form.lists.get("bower", [])), id_of(id_)
    try:
        async with pool(request).transaction() as db:
            await remixes.see(db, me, which)
            held = await bowers.holding(db, me, which)
            for one in await bowers.of(db, me, me.id, Page(limit=80)):
                if str(one.id) in wanted and one.id not in held:
                    await bowers.hang(db, me, one.id, which)
                elif str(one.id) not in wanted and one.id in held:
                    await bowers.take(db, me, one.id, which)
            if name := form.text("name").strip():
                await bowers.hang(db, me, (await bowers.create(db, me, name)).id, which)
    except (Invalid, Conflict) as wrong:
        return render.redirect(f"/pictures/{which}", toast=wrong.said)
    return render.redirect(f"/pictures/{which}", toast="Saved.")


@post("/pictures/{id_:str}/variations", status_code=303)
async def vary(request: Ask, id_: str) -> Response[Any]:
    """The same words with other seeds."""
    me = await asking.me(request)
    await asking.form(request)
    which = id_of(id_)
    try:
        async with pool(request).reading() as db:
            wanted, source = await variations.wanted(db, me, which)
        allowed = await screening.allow(pool(request), me, wanted)
        async with pool(request).transaction() as db:
            queued = await generations.ask(db, me, wanted, source)
            await screening.settle(db, me, allowed, queued.id)
    except (Conflict, Refused, TooMany) as wrong:
        return render.redirect(f"/pictures/{which}", toast=wrong.said)
    return render.redirect(f"/studio/generations/{queued.id}")


@post("/pictures/{id_:str}/enlarge", status_code=303)
async def enlarge(request: Ask, id_: str) -> Response[Any]:
    """One's own, two or four times larger."""
    me = await asking.me(request)
    form = await asking.form(request)
    which, factor = id_of(id_), {"2": 2, "4": 4}.get(form.text("factor"), 0)
    try:
        async with pool(request).transaction() as db:
            queued = await enlarging.ask(db, me, which, factor)
    except (Conflict, Invalid, TooMany, Unavailable) as wrong:
        return render.redirect(f"/pictures/{which}", toast=wrong.said)
    return render.redirect(f"/studio/generations/{queued.id}")


HANDLERS = [mine, liked, before, clear, sketch, favour, keep, vary, enlarge]
