"""Announcements: read, put away, react."""

from __future__ import annotations

from typing import Any

from litestar import Router, delete, get, post, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.emojis import entity as emoji
from bowerbird.api.mastodon.people import when
from bowerbird.core import limits
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, person, pool
from bowerbird.social import announcements, emojis
from bowerbird.social.announcements import Announcement, Reaction
from bowerbird.social.emojis import Emoji
from bowerbird.social.text import html, tags

REACTIONS_PER_5_MIN_MAX = 120


@get("/")
async def read(request: Ask) -> list[dict[str, Any]]:
    """What the house tells everyone."""
    me = await person(request, "")
    dismissed = request.query_params.get("with_dismissed") in ("true", "1")
    async with pool(request).reading() as db:
        told = await announcements.of(db, me.id, dismissed=dismissed)
        reactions = await announcements.reactions(db, me.id, [a.id for a in told])
        known = await emojis.known(db)
    return [_entity(a, [r for r in reactions if r.announcement_id == a.id], known) for a in told]


@post("/{id_:str}/dismiss", status_code=200)
async def dismiss(request: Ask, id_: str) -> dict[str, Any]:
    """Put one away."""
    me = await person(request, "write:accounts")
    async with pool(request).transaction() as db:
        await announcements.dismiss(db, me.id, id_of(id_))
    return {}


@put("/{id_:str}/reactions/{name:str}")
async def react(request: Ask, id_: str, name: str) -> dict[str, Any]:
    """React with an emoji."""
    me = await person(request, "write:favourites")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"announcement:{me.id}", times_max=REACTIONS_PER_5_MIN_MAX, window_s=300)
        await announcements.react(db, me.id, id_of(id_), name)
    return {}


@delete("/{id_:str}/reactions/{name:str}", status_code=200)
async def unreact(request: Ask, id_: str, name: str) -> dict[str, Any]:
    """Take it back."""
    me = await person(request, "write:favourites")
    async with pool(request).transaction() as db:
        await announcements.unreact(db, me.id, id_of(id_), name)
    return {}


def _entity(told: Announcement, reactions: list[Reaction], known: dict[str, Emoji]) -> dict[str, Any]:
    return {
        "id": str(told.id),
        "content": html(told.text),
        "starts_at": when(told.starts_at) if told.starts_at else None,
        "ends_at": when(told.ends_at) if told.ends_at else None,
        "all_day": told.all_day,
        "published": True,
        "published_at": when(told.published_at),
        "updated_at": when(told.edited_at),
        "read": told.read,
        "mentions": [],
        "statuses": [],
        "tags": [{"name": tag, "url": f"{settings().origin}/tags/{tag}"} for tag in tags(told.text)],
        "emojis": [emoji(e) for code, e in known.items() if f":{code}:" in told.text],
        "reactions": [_reaction(r, known.get(r.name)) for r in reactions],
    }


def _reaction(reaction: Reaction, own: Emoji | None) -> dict[str, Any]:
    said: dict[str, Any] = {"name": reaction.name, "count": reaction.count, "me": reaction.me}
    return said | ({"url": emoji(own)["url"], "static_url": emoji(own)["static_url"]} if own else {})


routes = Router("/api/v1/announcements", route_handlers=[read, dismiss, react, unreact], exception_handlers={Exception: mastodon})
