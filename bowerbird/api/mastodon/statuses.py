"""Statuses: publish, read, change, delete, and what others do with them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities, people
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.polls import NewPoll, ask
from bowerbird.api.mastodon.quotes import audience
from bowerbird.api.mastodon.scheduled import moment
from bowerbird.api.mastodon.scheduled import scheduled as as_scheduled
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at, parse
from bowerbird.door import Ask, body, id_of, person, pool, viewer, visitor
from bowerbird.gallery import cards, scheduled, showing, shown
from bowerbird.gallery.scheduled import Scheduled
from bowerbird.social import entries, idempotency, posts, reactions, revisions, text, threads
from bowerbird.social.idempotency import Claimed
from bowerbird.social.posts import Options

SEVERAL_MAX = 40
POSTS_PER_5_MIN_MAX = 60


class NewStatus(msgspec.Struct, kw_only=True):
    """POST and PUT /api/v1/statuses."""

    status: str = ""
    media_ids: list[str] | None = None
    poll: NewPoll | None = None
    in_reply_to_id: str | None = None
    quoted_status_id: str | None = None
    quote_approval_policy: str | None = None
    spoiler_text: str = ""
    sensitive: bool | None = None
    visibility: str | None = None
    language: str | None = None
    scheduled_at: str | None = None
    media_attributes: list[dict[str, str]] = []


def options_of(new: NewStatus) -> Options:
    """What was asked for as our own words for it. Raises Invalid or NotFound."""
    return Options(
        visibility=new.visibility or None, reply_to_id=id_of(new.in_reply_to_id) if new.in_reply_to_id else None,
        quote_of_id=id_of(new.quoted_status_id) if new.quoted_status_id else None, media_ids=_media(new), spoiler=new.spoiler_text,
        language=new.language, may_quote=audience(new.quote_approval_policy), poll=ask(new.poll),
    )  # fmt: skip


@post("/", status_code=200)
async def publish(request: Ask) -> Response[bytes]:
    """Say something, now or later."""
    me = await person(request, "write:statuses")
    new, key = await body(request, NewStatus), request.headers.get("idempotency-key", "")
    options = options_of(new)
    options["via"] = (await visitor(request)).program
    options["sensitive"] = me.default_sensitive if new.sensitive is None else new.sensitive
    async with pool(request).transaction() as db:
        already = await idempotency.claim(db, me.id, key) if key else None
        if already and already.scheduled_id:
            return await _planned(db, await scheduled.own(db, me, already.scheduled_id))
        if already and already.post_id:
            return as_json(entities.status(await cards.by_id(db, me, already.post_id)))
        await limits.spend(db, f"post:{me.id}", times_max=POSTS_PER_5_MIN_MAX, window_s=300)
        if new.scheduled_at:
            later = await scheduled.schedule(db, me, _params(new, options), moment(new.scheduled_at))
            await _settle(db, me, key, Claimed(scheduled_id=later.id))
            return await _planned(db, later)
        said = await showing.publish(db, me, new.status, **options)
        await _settle(db, me, key, Claimed(post_id=said.id))
        return as_json(entities.status(await cards.one(db, me, said)))


async def _settle(db: Database, me: Person, key: str, came: Claimed) -> None:
    if key:
        await idempotency.settle(db, me.id, key, came)


async def _planned(db: Database, later: Scheduled) -> Response[bytes]:
    return as_json(msgspec.json.encode(as_scheduled(later, await shown.of_media(db, later.media_ids))))


@get("/")
async def several(request: Ask) -> Response[bytes]:
    """Several by their ids, as far as one may see them."""
    me = await viewer(request, "read:statuses")
    asked = request.query_params.getall("id[]", []) + request.query_params.getall("id", [])
    ids = [found for text in asked[:SEVERAL_MAX] if (found := parse(text))]
    async with pool(request).reading() as db:
        return as_json(entities.statuses(await cards.of(db, me, await entries.of(db, me.id if me else None, ids))))


@get("/{id_:str}")
async def read(request: Ask, id_: str) -> Response[bytes]:
    """One status."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        return as_json(entities.status(await cards.by_id(db, me, id_of(id_))))


@put("/{id_:str}")
async def edit(request: Ask, id_: str) -> Response[bytes]:
    """Change one's own."""
    me = await person(request, "write:statuses")
    new = await body(request, NewStatus)
    alts = {found: str(a.get("description", "")) for a in new.media_attributes if (found := parse(a.get("id")))}
    async with pool(request).transaction() as db:
        said = await revisions.edit(
            db, me, id_of(id_), new.status, spoiler=new.spoiler_text, sensitive=bool(new.sensitive), language=new.language,
            media_ids=None if new.media_ids is None else _media(new), alts=alts, poll=ask(new.poll),
        )  # fmt: skip
        return as_json(entities.status(await cards.one(db, me, said)))


@delete("/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> Response[bytes]:
    """Take one's own away; the answer carries its source, for delete and redraft."""
    me = await person(request, "write:statuses")
    async with pool(request).transaction() as db:
        said = await posts.own(db, me, id_of(id_))
        card = await cards.one(db, me, said)
        gone = await (reactions.unboost(db, me, said.boost_of_id) if said.boost_of_id else posts.delete(db, me, said.id))
    answer = entities.status(card)
    return as_json(answer[:-1] + b',"text":' + msgspec.json.encode(gone.text) + b"}")


@get("/{id_:str}/source")
async def source(request: Ask, id_: str) -> dict[str, str]:
    """What one's own says, as typed."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        said = await posts.own(db, me, id_of(id_))
    return {"id": str(said.id), "text": said.text, "spoiler_text": said.spoiler}


@get("/{id_:str}/history")
async def history(request: Ask, id_: str) -> list[dict[str, Any]]:
    """What it said before, oldest first, and what it says now."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        card = await cards.by_id(db, me, id_of(id_))
        versions = await revisions.history(db, me.id if me else None, card.id)
    past = [(v.text, v.spoiler, v.sensitive) for v in versions] + [(card.text, card.spoiler, card.sensitive)]
    moments = [card.created_at, *(at(v.id) for v in versions)]
    return [
        {"content": text.html(said), "spoiler_text": spoiler, "sensitive": sensitive, "created_at": people.when(moment),
         "account": people.account(card.author), "media_attachments": [entities.attachment(p) for p in card.pictures], "emojis": []}
        for (said, spoiler, sensitive), moment in zip(past, moments, strict=True)
    ]  # fmt: skip


@get("/{id_:str}/context")
async def context(request: Ask, id_: str) -> Response[bytes]:
    """The conversation around it."""
    me = await viewer(request, "read:statuses")
    viewer_id = me.id if me else None
    async with pool(request).reading() as db:
        said = await posts.see(db, viewer_id, id_of(id_))
        above, below = threads.context(said, await threads.of(db, viewer_id, said))
        up, down = await cards.of(db, me, above), await cards.of(db, me, below)
    return as_json(b'{"ancestors":' + entities.statuses(up) + b',"descendants":' + entities.statuses(down) + b"}")


@post("/{id_:str}/translate", status_code=200)
async def translate(request: Ask, id_: str) -> None:
    """There is no translator in this house, and none is pretended."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        await posts.see(db, me.id, id_of(id_))
    raise NotFound("This house has no translator.")


def _params(new: NewStatus, options: Options) -> dict[str, Any]:
    """What was asked for, as it is kept until its time."""
    asked: dict[str, Any] = msgspec.to_builtins(new)
    for field in ("status", "scheduled_at", "media_attributes"):
        del asked[field]
    ours = {name: options.get(name) for name in ("sensitive", "may_quote", "via")}
    return {**asked, **ours, "text": new.status, "media_ids": new.media_ids or []}


def _media(new: NewStatus) -> list[int]:
    return [id_of(id_) for id_ in new.media_ids or ()]


routes = Router(
    "/api/v1/statuses", route_handlers=[publish, several, read, edit, remove, source, history, context, translate],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
