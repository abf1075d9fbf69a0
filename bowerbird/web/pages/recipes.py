"""Someone's shared recipe at its link, and taking it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.door import Ask, pool
from bowerbird.feed import recipe as verbs
from bowerbird.feed import shared_recipes
from bowerbird.web import asking, cookbook, render


@get("/recipes/{slug:str}")
async def look(request: Ask, slug: str) -> Response[Any]:
    """Someone's recipe, for whoever has the link."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        found, shared = await shared_recipes.shared(db, me, slug), await asking.context(request, db, me)
        mine = cookbook.parts(await verbs.of(db, me.id)) if me else None
    return asking.page(request, "pages/recipe.jinja", shared, found=found, theirs=cookbook.parts(found.recipe), mine=mine)


@post("/recipes/{slug:str}/fork", status_code=303)
async def fork(request: Ask, slug: str) -> Response[Any]:
    """Make it one's own, in the place of one's own; undo brings that back."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).reading() as db:
        found = await shared_recipes.shared(db, me, slug)
    ready = await verbs.filled(found.recipe)
    async with pool(request).transaction() as db:
        await shared_recipes.fork(db, me, slug, ready)
    return render.redirect(
        "/for-you", toast=f"Your feed is made after @{found.author}’s recipe now.", undo="/for-you/recipe/undo"
    )


HANDLERS = [look, fork]
