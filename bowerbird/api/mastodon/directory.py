"""People one may not know yet."""

from __future__ import annotations

from typing import Any

from litestar import Router, delete, get

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import accounts
from bowerbird.core.database import Database
from bowerbird.door import Ask, id_of, limit_of, person, pool, viewer
from bowerbird.social import directory
from bowerbird.social.directory import Suggestion

SOURCES = {"friends_of_friends": "past_interactions", "most_followed": "global"}


def offset_of(request: Ask) -> int:
    """How many are passed over."""
    text = request.query_params.get("offset", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


@get("/v1/directory")
async def listed(request: Ask) -> list[dict[str, Any]]:
    """Those who want to be found."""
    me = await viewer(request, "read:accounts")
    newest = request.query_params.get("order") == "new"
    async with pool(request).reading() as db:
        found = await directory.listed(
            db, me.id if me else None, newest=newest, offset=offset_of(request), limit=limit_of(request, 40, 80)
        )
        return await accounts(db, found)


async def _suggested(db: Database, me: Person, limit: int) -> list[tuple[Suggestion, dict[str, Any]]]:
    found = await directory.suggested(db, me, limit=limit)
    shown = {a["id"]: a for a in await accounts(db, [s.person_id for s in found])}
    return [(s, shown[str(s.person_id)]) for s in found]


@get("/v1/suggestions")
async def suggestions_v1(request: Ask) -> list[dict[str, Any]]:
    """People one may want to follow."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        return [shown for _, shown in await _suggested(db, me, limit_of(request, 40, 80))]


@get("/v2/suggestions")
async def suggestions(request: Ask) -> list[dict[str, Any]]:
    """People one may want to follow, and why."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await _suggested(db, me, limit_of(request, 40, 80))
    return [{"source": SOURCES[s.why], "sources": [s.why], "account": shown} for s, shown in found]


@delete("/v1/suggestions/{id_:str}", status_code=200)
async def hide(request: Ask, id_: str) -> dict[str, Any]:
    """Have someone suggested no more."""
    me = await person(request, "write:accounts")
    async with pool(request).transaction() as db:
        await directory.hide(db, me, await people.by_id(db, id_of(id_)))
    return {}


routes = Router("/api", route_handlers=[listed, suggestions_v1, suggestions, hide], exception_handlers={Exception: mastodon})
