"""Accounts and how one stands to them; media; what this house is."""

from __future__ import annotations

from typing import Any

from litestar import Router, get, post, put
from litestar.datastructures import UploadFile

from bowerbird import __version__
from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.statuses import accounts
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import faces, shown
from bowerbird.media import attachments
from bowerbird.social import graph
from bowerbird.social.posts import PICTURES_MAX


@get("/accounts/verify_credentials")
async def me_myself(request: Ask) -> dict[str, Any]:
    """Who one is, with what one sets by default."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        known = await faces.profile(db, me, me)
    preferred = {
        "privacy": entities.visibility(me.default_visibility),
        "sensitive": False,
        "language": None,
        "note": me.bio,
        "fields": [],
    }
    return {**entities.account(known), "source": preferred}


@get("/accounts/lookup")
async def lookup(request: Ask) -> dict[str, Any]:
    """Someone by name."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await people.by_name(db, request.query_params.get("acct", "").removeprefix("@")[:40])
        known = await faces.profile(db, me, found)
    return entities.account(known)


@get("/accounts/relationships")
async def relationships(request: Ask) -> list[dict[str, Any]]:
    """How one stands to several people."""
    me = await person(request, "read:follows")
    asked = request.query_params.getall("id[]", []) + request.query_params.getall("id", [])
    ids = [found for text in asked[:80] if (found := parse(text))]
    async with pool(request).reading() as db:
        return await _relationships(db, me, ids)


@get("/accounts/{id_:str}")
async def someone(request: Ask, id_: str) -> dict[str, Any]:
    """Someone."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        known = await faces.profile(db, me, await people.by_id(db, id_of(id_)))
    return entities.account(known)


@get("/accounts/{id_:str}/{side:str}")
async def circle(request: Ask, id_: str, side: str) -> list[dict[str, Any]]:
    """Who follows someone, whom they follow."""
    await viewer(request, "read:accounts")
    verb = {"followers": graph.followers, "following": graph.following}.get(side)
    if verb is None:
        raise Invalid("followers and following can be read.")
    async with pool(request).reading() as db:
        page = await verb(db, id_of(id_), before=parse(request.query_params.get("max_id")), limit=limit_of(request, 40, 80))
        return await accounts(db, [other for _, other in page])


STEPS = {"follow": graph.follow, "unfollow": graph.unfollow, "block": graph.block, "unblock": graph.unblock}


@post("/accounts/{id_:str}/{step:str}", status_code=200)
async def stand(request: Ask, id_: str, step: str) -> dict[str, Any]:
    """Follow, block, or take it back."""
    me = await person(request, "write:blocks" if "block" in step else "write:follows")
    verb = STEPS.get(step)
    if verb is None:
        raise Invalid(f"What can be done: {', '.join(STEPS)}.")
    async with pool(request).transaction() as db:
        other = await people.by_id(db, id_of(id_))
        await verb(db, me, other)
        return (await _relationships(db, me, [other.id]))[0]


async def _relationships(db: Database, me: Person, ids: list[int]) -> list[dict[str, Any]]:
    known = await graph.relations(db, me.id, ids)
    never = dict.fromkeys(
        ("muting", "muting_notifications", "requested", "requested_by", "domain_blocking", "endorsed", "notifying", "blocked_by"),
        False,
    )
    return [
        {"id": str(id_), "following": known[id_].follows, "followed_by": known[id_].followed_by, "blocking": known[id_].blocks,
         "showing_reblogs": known[id_].follows, "note": "", **never}
        for id_ in ids if id_ in known
    ]  # fmt: skip


@post("/media", status_code=200)
async def upload(request: Ask) -> dict[str, Any]:
    """Bring a picture."""
    me = await person(request, "write:media")
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("Send the picture in the field “file”.")
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id)
    made = await attachments.prepare(await file.read(settings().upload_bytes_max + 1))
    async with pool(request).transaction() as db:
        media = await attachments.attach(db, me.id, made, alt=str(form.get("description") or ""))
        return entities.attachment((await shown.of_media(db, [media.id]))[media.id])


@put("/media/{id_:str}")
async def describe(request: Ask, id_: str) -> dict[str, Any]:
    """Describe one's own picture."""
    me = await person(request, "write:media")
    said = await body(request, dict[str, Any])
    focus = str(said.get("focus") or "")
    try:
        place = tuple(max(-1.0, min(1.0, float(part))) for part in focus.split(",")) if focus else None
    except ValueError as wrong:
        raise Invalid("A focus is two numbers between -1 and 1: “0.1,-0.4”.") from wrong
    async with pool(request).transaction() as db:
        await attachments.describe(
            db, me.id, id_of(id_), str(said.get("description") or ""), place if place and len(place) == 2 else None
        )
        return entities.attachment((await shown.of_media(db, [id_of(id_)]))[id_of(id_)])


@get("/api/v2/instance")
async def instance() -> dict[str, Any]:
    """What this house is and what fits into it."""
    s = settings()
    return {
        "domain": s.origin.partition("://")[2],
        "title": s.name,
        "version": f"4.4.0 (compatible; Bowerbird {__version__})",
        "source_url": "",
        "description": "An open social network for people who make pictures with AI together.",
        "usage": {"users": {"active_month": 0}},
        "thumbnail": {"url": f"{s.origin}/static/icon.svg"},
        "languages": [],
        "configuration": {
            "statuses": {
                "max_characters": s.text_length_max,
                "max_media_attachments": PICTURES_MAX,
                "characters_reserved_per_url": 0,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"],
                "image_size_limit": s.upload_bytes_max,
                "image_matrix_limit": s.upload_pixels_max,
                "description_limit": attachments.ALT_LENGTH_MAX,
            },
            "polls": {"max_options": 0},
            "urls": {},
        },
        "registrations": {"enabled": s.registration == "open", "approval_required": False, "message": None},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


routes = [
    Router(
        "/api/v1", route_handlers=[me_myself, lookup, relationships, someone, circle, stand, upload, describe],
        exception_handlers={Exception: mastodon},
    ),
    Router("/", route_handlers=[instance], exception_handlers={Exception: mastodon}),
]  # fmt: skip
