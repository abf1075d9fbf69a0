"""Putting away what the house tells everyone."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from bowerbird.door import Ask, id_of, pool
from bowerbird.social import announcements
from bowerbird.web import asking, render


@post("/announcements/{id_:str}/dismiss", status_code=303)
async def dismiss(request: Ask, id_: str) -> Response[Any]:
    """It is not shown to one again."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await announcements.dismiss(db, me.id, id_of(id_))
    return render.html("") if asking.by_htmx(request) else render.redirect(asking.back(request, "/"))


HANDLERS = [dismiss]
