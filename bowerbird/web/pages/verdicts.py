"""“Not for me”, “more like this”, “less like this”: what one says of a post to the feed, each with the way back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Literal

from litestar import Response, post

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.feed import asking as ranker
from bowerbird.feed import hiding, recipe, resemblance
from bowerbird.feed.asking import FeedAway
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.web import asking, ledgers, render, trials

COPIES_MAX = 20  # posts of the page that are looked at for near copies of the one that goes
WISHES_PER_HOUR_MAX = 300


@post("/posts/{id_:str}/hide", status_code=303)
async def hide(request: Ask, id_: str) -> Response[Any]:
    """Not for me; near copies that stand on the same page go with it."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        said = await hiding.hide(db, me, id_of(id_))
    undo = f"/posts/{said.id}/unhide"
    if not asking.by_htmx(request):
        where = asking.back(request, "/for-you")
        return render.redirect(
            "/for-you" if where.startswith(f"/posts/{said.id}") else where, toast="Not shown to you again.", undo=undo
        )
    beside = [found for text in form.lists.get("beside", []) if (found := parse(text)) and found != said.id]
    copies = await _copies(me, beside[:COPIES_MAX])
    return render.html(
        render.fragment("fragments/not_for_me.jinja", post_id=said.id, copies=copies, csrf=asking.csrf_of(request))
    )


async def _copies(me: Person, post_ids: list[int]) -> list[int]:
    """Those that the feed would keep away for being nearly the same."""
    try:
        answers = await asyncio.gather(*(ranker.why(me.id, id_) for id_ in post_ids))
    except FeedAway:
        return []
    return [id_ for id_, answer in zip(post_ids, answers, strict=True) if "turned_from" in answer.filters]


@post("/posts/{id_:str}/unhide", status_code=303)
async def unhide(request: Ask, id_: str) -> Response[Any]:
    """Show it again."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await hiding.unhide(db, me, id_of(id_))
    if not asking.by_htmx(request, f"card-{id_of(id_)}"):
        return render.redirect(asking.back(request, "/for-you"), toast="It may be shown to you again.")
    told = (await ledgers.told(pool(request), me, id_of(id_)))["line"]
    async with pool(request).reading() as db:
        card, shared = await _card(db, me, id_of(id_)), await asking.context(request, db, me)
    return render.html(render.fragment("fragments/card.jinja", card=card, whys={card.id: told}, **shared))


async def _card(db: Database, me: Person, post_id: int) -> Card:
    return (await cards.seen(db, me, [await cards.by_id(db, me, post_id)]))[0]


@post("/posts/{id_:str}/more", status_code=303)
async def more(request: Ask, id_: str) -> Response[Any]:
    """More like this: a wish in one's recipe."""
    return await _wish(request, id_of(id_), "more")


@post("/posts/{id_:str}/less", status_code=303)
async def less(request: Ask, id_: str) -> Response[Any]:
    """Less like this."""
    return await _wish(request, id_of(id_), "less")


async def _wish(request: Ask, id_: int, section: Literal["more", "less"]) -> Response[Any]:
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"wish:{me.id}", times_max=WISHES_PER_HOUR_MAX, window_s=3_600)
        card, standing = await _card(db, me, id_), await recipe.of(db, me.id)
    draft = resemblance.wished(standing, section, trials.words_of(card), card.tags, card.author.username, datetime.now(UTC))
    if not draft.changes:
        raise Conflict(draft.unread[0] if draft.unread else "That is among your wishes already.")
    ready = await recipe.filled(draft.recipe)
    async with pool(request).transaction() as db:
        await recipe.save(db, me, ready)
    told = f"Noted: {draft.changes[-1][:1].lower()}{draft.changes[-1][1:]}."
    if asking.by_htmx(request):
        own = {"toast": told, "toast_undo": "/for-you/recipe/undo", "csrf": asking.csrf_of(request)}
        return render.html(render.fragment("fragments/told.jinja", **own))
    return render.redirect(asking.back(request, "/for-you"), toast=told, undo="/for-you/recipe/undo")


HANDLERS = [hide, unhide, more, less]
