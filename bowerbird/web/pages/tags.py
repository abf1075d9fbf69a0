"""Hashtags one follows, and those one shows on one's own page."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.paging import Page
from bowerbird.door import Ask, pool
from bowerbird.social import tags_featured, tags_followed
from bowerbird.social.text import normal_tag, tags
from bowerbird.web import asking, render

FOLLOWED = 200
SAID = {
    "follow": "Posts under it come to your home.", "unfollow": "No longer followed.", "feature": "It stands on your page.",
    "unfeature": "Off your page.",
}  # fmt: skip


@get("/settings/tags")
async def mine(request: Ask) -> Response[Any]:
    """Both kinds, with the ways to more."""
    return await _page(request, await asking.me(request))


async def _page(request: Ask, me: Person, *, field: str = "", wrong: Invalid | None = None) -> Response[str]:
    async with pool(request).reading() as db:
        followed = [name for _, name in await tags_followed.of(db, me, Page(limit=FOLLOWED))]
        featured, suggested = await tags_featured.of(db, me.id), await tags_featured.suggested(db, me)
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/tags.jinja", shared, status=422 if wrong else 200, followed=followed, featured=featured, suggested=suggested,
        errors={field: wrong.said} if wrong else {},
    )  # fmt: skip


@post("/tags", status_code=303)
async def change(request: Ask) -> Response[Any]:
    """Follow a tag or show it on one's page, or stop."""
    me = await asking.me(request)
    form = await asking.form(request)
    verb, typed = form.text("verb"), form.text("tag").strip()
    try:
        name = next(iter(tags("#" + typed.removeprefix("#"))), "")
        if not name or name != normal_tag(typed.removeprefix("#")):
            raise Invalid("A tag has letters, digits and underscores, and not only digits.")
        async with pool(request).transaction() as db:
            if verb == "follow":
                await tags_followed.follow(db, me, name)
            elif verb == "unfollow":
                await tags_followed.unfollow(db, me, name)
            elif verb == "feature":
                await tags_featured.feature(db, me, name)
            elif verb == "unfeature":
                await tags_featured.take_back(db, me, name=name)
            else:
                raise NotFound
    except Invalid as wrong:
        return await _page(request, me, field=verb, wrong=wrong)
    return render.redirect(asking.back(request, "/settings/tags"), toast=SAID[verb])


HANDLERS = [mine, change]
