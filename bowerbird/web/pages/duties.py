"""Transparency duties: what Article 50 of the EU AI Act asks, how this house meets it, and, for its keepers, whether it does so now."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.core.errors import NotAllowed
from bowerbird.door import Ask, pool
from bowerbird.gallery import duties
from bowerbird.gallery.duties import Check
from bowerbird.web import asking


@get("/about/duties")
async def read(request: Ask) -> Response[Any]:
    """For anyone to read."""
    return await _page(request, None)


@post("/about/duties", status_code=200)
async def look(request: Ask) -> Response[Any]:
    """The live checks, for administrators: they read pictures back, which takes seconds."""
    me = await asking.me(request)
    await asking.form(request)
    if me.role != "admin":
        raise NotAllowed("The checks are for those who keep this house.")
    return await _page(request, await duties.look(pool(request)))


async def _page(request: Ask, checks: list[Check] | None) -> Response[str]:
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/duties.jinja", shared, checks=checks, keeper=me is not None and me.role == "admin")


HANDLERS = [read, look]
