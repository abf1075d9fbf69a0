"""Oneself: who one is, what one sets by default, and changing all of that."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, patch
from litestar.datastructures import UploadFile

from bowerbird.accounts import people, profile
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.people import account
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body_and_files, person, pool
from bowerbird.gallery import faces
from bowerbird.media import attachments
from bowerbird.moderation import screening
from bowerbird.social import requests

QUOTERS = {"everyone": "public", "followers": "followers", "no_one": "nobody"}
AUDIENCES = {said: ours for ours, said in QUOTERS.items()}
PICTURES = ("avatar", "header")


class Line(msgspec.Struct):
    """A line of a profile."""

    name: str = ""
    value: str = ""


class Source(msgspec.Struct, kw_only=True):
    """What new posts are by default."""

    privacy: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None


class Change(msgspec.Struct, kw_only=True):
    """PATCH /api/v1/accounts/update_credentials."""

    display_name: str | None = None
    note: str | None = None
    avatar_description: str | None = None
    header_description: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    fields_attributes: list[Line] | dict[str, Line] | None = None
    source: Source = msgspec.field(default_factory=Source)


async def oneself(db: Database, me: Person) -> dict[str, Any]:
    """A CredentialAccount, as things are now."""
    me = await people.by_id(db, me.id)
    known = await faces.profile(db, me, me)
    source = {
        "privacy": entities.visibility(me.default_visibility),
        "sensitive": me.default_sensitive,
        "language": me.default_language,
        "quote_policy": QUOTERS[me.may_quote],
        "note": me.bio,
        "fields": [{**line, "verified_at": None} for line in me.fields],
        "follow_requests_count": await requests.count(db, me),
        "hide_collections": me.hide_collections,
        "discoverable": me.discoverable,
        "indexable": me.indexable,
        "attribution_domains": [],
    }
    role = {"id": me.role, "name": "" if me.role == "user" else me.role, "color": "", "permissions": "0", "highlighted": False}
    return {**account(known), "source": source, "role": role}


@get("/verify_credentials")
async def verify(request: Ask) -> dict[str, Any]:
    """Who one is, with what one sets by default."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        return await oneself(db, me)


@patch("/update_credentials")
async def update(request: Ask) -> dict[str, Any]:
    """Change what is given."""
    me = await person(request, "write:accounts")
    said, files = await body_and_files(request, Change)
    sent = {name: files[name] for name in PICTURES if name in files and files[name].filename}
    if sent:
        async with pool(request).transaction() as db:
            await attachments.allow(db, me.id, len(sent))
    made = {name: await _prepared(request, me, file) for name, file in sent.items()}
    alts = {"avatar": said.avatar_description, "header": said.header_description}
    async with pool(request).transaction() as db:
        kept = {
            name: (await attachments.attach(db, me.id, picture, alt=alts[name] or "")).id for name, picture in made.items()
        }  # fmt: skip
        me = await _apply(db, await people.by_id(db, me.id), said, kept)
        for name, id_ in (("avatar", me.avatar_id), ("header", me.header_id)):
            if id_ and name not in kept and (alt := alts[name]) is not None:
                await attachments.describe(db, me.id, id_, alt)
        answer = await oneself(db, me)
    request.app.state.doorkeeper.forget()
    return answer


async def _prepared(request: Ask, me: Person, file: UploadFile) -> Any:
    return await screening.brought(pool(request), me.id, await file.read(settings().upload_bytes_max + 1))


async def _apply(db: Database, me: Person, said: Change, pictures: dict[str, int]) -> Person:
    source = said.source
    if source.quote_policy is not None and source.quote_policy not in AUDIENCES:
        raise Invalid(f"Who may quote is one of: {', '.join(AUDIENCES)}.")
    privacy = "followers" if source.privacy == "private" else source.privacy
    await people.edit(
        db, me, display_name=said.display_name, bio=said.note, avatar_id=pictures.get("avatar"), header_id=pictures.get("header"),
        default_visibility=privacy,
    )  # fmt: skip
    if source.quote_policy is not None:
        await people.permit(db, me, {"quote": AUDIENCES[source.quote_policy]})
    lines = said.fields_attributes
    lines = list(lines.values()) if isinstance(lines, dict) else lines
    wishes = profile.Wishes(
        said.locked, said.bot, said.discoverable, said.indexable, said.hide_collections, source.sensitive, source.language
    )
    changed = await profile.change(db, me, wishes, None if lines is None else [(line.name, line.value) for line in lines])
    if me.locked and not changed.locked:
        await requests.authorize_all(db, changed)
    return changed


@delete("/{picture:str}", status_code=200)
async def take_down(request: Ask, picture: str) -> dict[str, Any]:
    """Have no avatar or header any more."""
    me = await person(request, "write:accounts")
    if picture not in PICTURES:
        raise Invalid("What can be taken down is avatar or header.")
    async with pool(request).transaction() as db:
        await people.take_down(db, me, picture)
        await live.tell(db, ["people"], "people", me.id)
        answer = await oneself(db, me)
    request.app.state.doorkeeper.forget()
    return answer


routes = Router(
    "/api/v1", exception_handlers={Exception: mastodon},
    route_handlers=[Router("/accounts", route_handlers=[verify, update]), Router("/profile", route_handlers=[take_down])],
)  # fmt: skip
