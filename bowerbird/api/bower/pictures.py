"""Pictures: recipe, permissions and lineage."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, put

from bowerbird.accounts import people
from bowerbird.api.errors import problem
from bowerbird.api.mastodon.entities import recipe
from bowerbird.api.mastodon.people import when
from bowerbird.core.database import Database
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.gallery import credit, provenance, remixes, showing, shown, styles
from bowerbird.gallery.shown import Credit
from bowerbird.media import attachments
from bowerbird.media.origins import LABELS
from bowerbird.studio import lineage
from bowerbird.studio.pictures import Picture


class Permissions(msgspec.Struct, omit_defaults=True):
    """Who may do what: everyone, followers or no_one (`ai_read`: everyone or no_one); null leaves it to the account's default."""

    reply: str | None = None
    quote: str | None = None
    remix: str | None = None
    ai_reply: str | None = None
    ai_read: str | None = None


@get("/pictures/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """How a picture was made."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        picture = await remixes.see(db, me, id_of(id_))
        return await _entity(db, me, picture)


@get("/pictures/{id_:str}/lineage")
async def line(request: Ask, id_: str) -> dict[str, Any]:
    """What it was made from and what was made of it."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        picture = await remixes.see(db, me, id_of(id_))
        up = await shown.credit_lines(db, await lineage.ancestors(db, picture))
        down = await shown.credit_lines(db, await lineage.descendants(db, picture))
    return {
        "id": str(picture.id), "ancestors": [_credit(c) for c in up], "descendants": [_credit(c) for c in down],
        "credit_lines": credit.lines(up), "credit": credit.sentence(up),
    }  # fmt: skip


@put("/pictures/{id_:str}/permissions")
async def permit(request: Ask, id_: str) -> dict[str, Any]:
    """Who may remix one's own picture."""
    me = await person(request, "write")
    asked = await body(request, Permissions)
    async with pool(request).transaction() as db:
        audience = people.audience_of(asked.remix) if asked.remix else None
        picture = await remixes.permit(db, me, id_of(id_), audience)
        return await _entity(db, me, picture)


@put("/media/{id_:str}/permissions")
async def offer(request: Ask, id_: str) -> dict[str, Any]:
    """Let others remix an upload of one's own, or no more: everyone, followers or no_one. Unsaid, nobody may."""
    me = await person(request, "write")
    asked = await body(request, Permissions)
    async with pool(request).transaction() as db:
        picture = await remixes.offer(db, me, id_of(id_), people.audience_of(asked.remix or "no_one"))
        return await _entity(db, me, picture)


@delete("/pictures/{id_:str}", status_code=204)
async def remove(request: Ask, id_: str) -> None:
    """Take one's own picture away for good; its remixes keep a tombstone."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await showing.take_down(db, me, id_of(id_))


@get("/permissions")
async def permissions(request: Ask) -> dict[str, str]:
    """What others may do with one's posts and pictures by default."""
    me = await person(request, "read")
    return _permitted(me)


@put("/permissions")
async def permit_all(request: Ask) -> dict[str, str]:
    """Change those defaults."""
    me = await person(request, "write")
    asked = await body(request, Permissions)
    said = {key: value for key, value in msgspec.structs.asdict(asked).items() if value is not None}
    async with pool(request).transaction() as db:
        me = await people.permit(db, me, said)
    request.app.state.doorkeeper.forget()
    return _permitted(me)


def _permitted(me: people.Person) -> dict[str, str]:
    return {
        "reply": me.may_reply, "quote": me.may_quote, "remix": me.may_remix, "ai_reply": me.may_ai_reply, "ai_read": me.may_ai_read,
    }  # fmt: skip


async def _entity(db: Database, me: people.Person | None, picture: Picture) -> dict[str, Any]:
    made = (await shown.of_pictures(db, [picture]))[picture.id]
    leave = await remixes.may(db, me, picture.creator_id, made.audience)
    proof = await provenance.proof(db, picture.media_id or 0)
    media = await attachments.of(db, [picture.media_id or 0])
    made_by = media[0].provenance if media else "unknown"
    return {
        **recipe(made),
        "id": str(picture.id),
        "creator_id": str(picture.creator_id),
        "recipe": _recipe(me, picture) or None,
        "reading": list(made.reading),
        "notes": list(made.notes),
        "style": await styles.credit(db, me, made.style),
        "provenance": made_by,
        "provenance_label": LABELS[made_by],
        "credentials": proof.origin.credentials if proof else None,
        "watermarked": proof.marked if proof else False,
        "signed_at": when(proof.origin.signed_at) if proof and proof.origin.signed_at else None,
        "permissions": {"remix": made.audience, "you_may_remix": leave.allowed, "why_not": leave.why_not or None},
    }


def _recipe(me: people.Person | None, picture: Picture) -> dict[str, Any]:
    """Without the words of a style, for anyone but who made the picture: the style may be private; its credit says what may be said."""
    if me and me.id == picture.creator_id:
        return picture.recipe
    return {key: value for key, value in picture.recipe.items() if key not in ("style", "worded")}


def _credit(line_: Credit) -> dict[str, Any]:
    return {
        "picture_id": str(line_.picture_id), "gone": line_.deleted, "by": line_.username, "url": line_.url, "thumb_url": line_.thumb_url,
        "prompt": line_.prompt or None, "parent_id": str(line_.parent_id) if line_.parent_id else None,
    }  # fmt: skip


routes = Router(
    "/api/bower/v1",
    route_handlers=[read, line, permit, offer, remove, permissions, permit_all],
    exception_handlers={Exception: problem},
)
