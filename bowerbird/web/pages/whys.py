"""Why a post is there, to the last summand; and how far one's own posts came."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from bowerbird.door import Ask, id_of, pool
from bowerbird.feed import reach
from bowerbird.gallery import cards
from bowerbird.social import posts
from bowerbird.web import asking, ledgers, render


@get("/posts/{id_:str}/why")
async def why(request: Ask, id_: str) -> Response[Any]:
    """The whole sum: a page, or the inside of the popover."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        said = await posts.see(db, me.id if me else None, id_of(id_))
        found = await cards.seen(db, me, await cards.of(db, me, [said]))
        shared = await asking.context(request, db, me)
    card, own = found[0], await ledgers.told(pool(request), me, said.boost_of_id or said.id)
    if asking.by_htmx(request):  # it stands on the page that asks
        own["stops"] = [words for words in own["stops"] if words != ledgers.STOPPED["seen"]]
        return render.html(render.fragment("fragments/sum.jinja", card=card, **shared, **own))
    return asking.page(request, "pages/why.jinja", shared, card=card, **own)


@get("/posts/{id_:str}/reach")
async def how_far(request: Ask, id_: str) -> Response[Any]:
    """Where one's own post was shown, and what kept it from being shown."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await reach.of(db, me, id_of(id_))
        card, shared = (
            (await cards.seen(db, me, [await cards.by_id(db, me, found.post_id)]))[0],
            await asking.context(request, db, me),
        )
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/reach.jinja", found=found, card=card, **shared))
    return asking.page(request, "pages/reach.jinja", shared, found=found, card=card)


HANDLERS = [why, how_far]
