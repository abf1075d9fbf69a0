"""Posts by their words and meaning, people by their names, tags by how they begin."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, get

from bowerbird.accounts import people as persons
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities, people
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.tags import tags_of
from bowerbird.api.mastodon.trends import offset_of
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, limit_of, pool, viewer
from bowerbird.gallery import cards
from bowerbird.social import meanings, names, posts, queries, search

KINDS = ("accounts", "statuses", "hashtags")


@get(["/api/v2/search", "/api/v1/search"])
async def find(request: Ask) -> Response[bytes]:
    """Everything, or only the `type` asked for; `offset` counts only with a type, as in Mastodon."""
    me = await viewer(request, "read:search")
    asked = request.query_params
    typed, kind = asked.get("q", "").strip(), asked.get("type", "")
    if not typed or len(typed) > search.QUERY_LENGTH_MAX:
        raise Invalid(f"Say what to look for, in up to {search.QUERY_LENGTH_MAX} characters.")
    if kind and kind not in KINDS:
        raise Invalid(f"What can be looked for: {', '.join(KINDS)}.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"search:{address_of(request)}", times_max=settings().searches_per_minute_max, window_s=60)
    query = queries.parse(typed, me.id if me else None)
    meaning = await meanings.of_words(query.said) if kind in ("", "statuses") else None
    limit, offset = limit_of(request), offset_of(request) if kind else 0
    async with pool(request).reading() as db:
        accounts = (
            await _people(db, me, typed, limit, offset, following=asked.get("following") == "true")
            if kind in ("", "accounts")
            else []
        )
        named = await names.tags(db, typed, offset=offset, limit=limit) if kind in ("", "hashtags") else []
        plain = request.url.path.startswith("/api/v1/")  # where tags were only their names
        tags = named if plain else await tags_of(db, named, me.id if me else None)
        statuses = b"[]"
        if kind in ("", "statuses"):
            found = await _linked(db, me, typed)
            if found is None:
                viewer_id, author_id = me.id if me else None, parse(asked.get("account_id"))
                found = await search.best(db, viewer_id, query, meaning, author_id=author_id, offset=offset, limit=limit)
            statuses = entities.statuses(await cards.of(db, me, found))
    words = msgspec.json.encode({"accounts": accounts, "hashtags": tags})
    return as_json(words[:-1] + b',"statuses":' + statuses + b"}")


async def _people(
    db: Database, me: Person | None, typed: str, limit: int, offset: int, *, following: bool
) -> list[dict[str, Any]]:
    wanted = names.person_named(typed)
    if typed.startswith("#"):
        return []
    found = await persons.search(db, wanted, limit=limit, offset=offset)
    return await people.accounts(db, await names.unblocked(db, me.id if me else None, [p.id for p in found], following=following))


async def _linked(db: Database, me: Person | None, typed: str) -> list[posts.Post] | None:
    """The post whose address here was typed; None where it was none."""
    post_id = names.post_at(typed)
    if post_id is None:
        return None
    try:
        return [await posts.see(db, me.id if me else None, post_id)]
    except (NotFound, Gone):
        return []


routes = Router("/", route_handlers=[find], exception_handlers={Exception: mastodon})
