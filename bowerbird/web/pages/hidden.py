"""Whom one has muted and blocked, with the way back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, pool
from bowerbird.gallery import faces
from bowerbird.social import graph, mutes
from bowerbird.web import asking

PAGE = 40


@get("/settings/hidden")
async def hidden(request: Ask) -> Response[Any]:
    """Muted people, and blocked ones under `?kind=blocked`."""
    me = await asking.me(request)
    kind = "blocked" if request.query_params.get("kind") == "blocked" else "muted"
    page = Page(before=parse(request.query_params.get("before")), limit=PAGE + 1)
    async with pool(request).reading() as db:
        if kind == "muted":
            found = [(m.id, m.muted_id, m.until, m.notifications) for m in await mutes.of(db, me, page)]
        else:
            found = [(id_, other, None, True) for id_, other in await graph.blocked(db, me, page)]
        known, shared = await faces.of(db, [other for _, other, *_ in found]), await asking.context(request, db, me)
    following = f"/settings/hidden?kind={kind}&before={found[PAGE - 1][0]}" if len(found) > PAGE else None
    people = [(known[other], until, silent) for _, other, until, silent in found[:PAGE] if other in known]
    return asking.page(request, "settings/hidden.jinja", shared, kind=kind, people=people, next=following)


HANDLERS = [hidden]
