"""Quotes: who may quote a status, which statuses do, and taking one's own out of another's."""

from __future__ import annotations

import msgspec
from litestar import Response, Router, get, post, put

from bowerbird.accounts.people import Audience, audience_of
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.gallery import cards
from bowerbird.social import quotes

POLICIES = {"public": "everyone", "followers": "followers", "nobody": "no_one"}


class Policy(msgspec.Struct):
    """PUT /api/v1/statuses/ID/interaction_policy: public, followers, nobody, or empty for one's usual one."""

    quote_approval_policy: str = ""


def audience(policy: str | None) -> Audience | None:
    """Mastodon's name for who may quote, as ours; None for none said. Raises Invalid."""
    return audience_of(POLICIES.get(policy, policy)) if policy else None


@get("/{id_:str}/quotes")
async def of(request: Ask, id_: str) -> Response[bytes]:
    """The statuses that quote it."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await cards.of(db, me, await quotes.of(db, me.id if me else None, id_of(id_), page_of(request)))
    return as_json(entities.statuses(found), links(request, [card.id for card in found]))


@post("/{id_:str}/quotes/{quote_id:str}/revoke", status_code=200)
async def revoke(request: Ask, id_: str, quote_id: str) -> Response[bytes]:
    """Take one's own status out of a quote."""
    me = await person(request, "write:statuses")
    async with pool(request).transaction() as db:
        quote = await quotes.revoke(db, me, id_of(id_), id_of(quote_id))
        seen = await cards.of(db, me, [quote])
    return as_json(entities.status(seen[0]) if seen else b"{}")  # one need not be able to read what quoted one


@put("/{id_:str}/interaction_policy")
async def permit(request: Ask, id_: str) -> Response[bytes]:
    """Say who may quote it from now on."""
    me = await person(request, "write:statuses")
    asked = await body(request, Policy)
    async with pool(request).transaction() as db:
        said = await quotes.permit(db, me, id_of(id_), audience(asked.quote_approval_policy))
        return as_json(entities.status(await cards.one(db, me, said)))


routes = Router("/api/v1/statuses", route_handlers=[of, revoke, permit], exception_handlers={Exception: mastodon})
