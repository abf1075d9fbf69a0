"""Whom one has blocked or muted, and the domains one wants nothing from."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import accounts, when
from bowerbird.door import Ask, body, person, pool
from bowerbird.social import domain_blocks, graph, mutes


class Domain(msgspec.Struct):
    """A domain to block or not to block."""

    domain: str = ""


@get("/blocks")
async def blocked(request: Ask) -> Response[Any]:
    """Whom one has blocked."""
    me = await person(request, "read:blocks")
    async with pool(request).reading() as db:
        found = await graph.blocked(db, me, page_of(request, 40, 80))
        answer = await accounts(db, [other for _, other in found])
    return Response(answer, headers=links(request, [id_ for id_, _ in found]))


@get("/mutes")
async def muted(request: Ask) -> Response[Any]:
    """Whom one has muted, and until when."""
    me = await person(request, "read:mutes")
    async with pool(request).reading() as db:
        found = await mutes.of(db, me, page_of(request, 40, 80))
        until = {str(m.muted_id): m.until for m in found}
        answer = [
            {**a, "mute_expires_at": when(ends) if (ends := until[a["id"]]) else None}
            for a in await accounts(db, [m.muted_id for m in found])
        ]
    return Response(answer, headers=links(request, [m.id for m in found]))


@get("/domain_blocks")
async def domains(request: Ask) -> Response[Any]:
    """The domains one wants nothing from."""
    me = await person(request, "read:blocks")
    async with pool(request).reading() as db:
        found = await domain_blocks.of(db, me, page_of(request, 100, 200))
    return Response([domain for _, domain in found], headers=links(request, [id_ for id_, _ in found]))


@post("/domain_blocks", status_code=200)
async def block(request: Ask) -> dict[str, Any]:
    """Want nothing from a domain."""
    me = await person(request, "write:blocks")
    said = await body(request, Domain)
    async with pool(request).transaction() as db:
        await domain_blocks.add(db, me, request.query_params.get("domain") or said.domain)
    return {}


@delete("/domain_blocks", status_code=200)
async def unblock(request: Ask) -> dict[str, Any]:
    """Take that back."""
    me = await person(request, "write:blocks")
    said = await body(request, Domain)
    async with pool(request).transaction() as db:
        await domain_blocks.remove(db, me, request.query_params.get("domain") or said.domain)
    return {}


routes = Router("/api/v1", route_handlers=[blocked, muted, domains, block, unblock], exception_handlers={Exception: mastodon})
