"""Those who ask whether they may follow."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import accounts
from bowerbird.api.mastodon.relations import between
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, id_of, person, pool
from bowerbird.social import requests

ANSWERS = {"authorize": requests.authorize, "reject": requests.reject}


@get("/")
async def waiting(request: Ask) -> Response[Any]:
    """Who asks."""
    me = await person(request, "read:follows")
    async with pool(request).reading() as db:
        found = await requests.waiting(db, me, page_of(request, 40, 80))
        answer = await accounts(db, [other for _, other in found])
    return Response(answer, headers=links(request, [id_ for id_, _ in found]))


@post("/{id_:str}/{answer:str}", status_code=200)
async def reply(request: Ask, id_: str, answer: str) -> dict[str, Any]:
    """Say yes or no."""
    me = await person(request, "write:follows")
    verb = ANSWERS.get(answer)
    if verb is None:
        raise Invalid(f"What can be said: {', '.join(ANSWERS)}.")
    async with pool(request).transaction() as db:
        await verb(db, me, id_of(id_))
        return (await between(db, me, [id_of(id_)]))[0]


routes = Router("/api/v1/follow_requests", route_handlers=[waiting, reply], exception_handlers={Exception: mastodon})
