"""Posts by their words, people by their names."""

from __future__ import annotations

import msgspec
from litestar import Response, Router, get

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.people import account
from bowerbird.core import limits
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, address_of, limit_of, pool, viewer
from bowerbird.gallery import cards, faces
from bowerbird.social import search

SEARCHES_MAX = 90  # a minute, by address


@get("/api/v2/search")
async def find(request: Ask) -> Response[bytes]:
    """Posts by their words and people by their names."""
    me = await viewer(request, "read:search")
    query = request.query_params.get("q", "").strip()
    kind = request.query_params.get("type", "")
    if not query or len(query) > search.QUERY_LENGTH_MAX:
        raise Invalid(f"Say what to look for, in up to {search.QUERY_LENGTH_MAX} characters.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"search:{address_of(request)}", times_max=SEARCHES_MAX, window_s=60)
    async with pool(request).reading() as db:
        posts = [] if kind == "accounts" else await search.by_words(db, me.id if me else None, query, limit=limit_of(request))
        people = [] if kind == "statuses" else await faces.people.search(db, query.removeprefix("@"), limit=limit_of(request))
        found = await cards.of(db, me, posts)
        named = await faces.of(db, [p.id for p in people])
    accounts = msgspec.json.encode([account(named[p.id]) for p in people])
    body = b'{"accounts":' + accounts + b',"statuses":' + entities.statuses(found) + b',"hashtags":[]}'
    return Response(body, media_type="application/json")


routes = Router("/", route_handlers=[find], exception_handlers={Exception: mastodon})
