"""What one lets one's doings be used for: for the account, for one post, for one conversation; and whether one is under 18."""

from __future__ import annotations

import msgspec
from litestar import Router, get, put

from bowerbird.api.errors import problem
from bowerbird.assistant import conversations
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.events import consent, minors
from bowerbird.social import posts

Said = dict[str, bool | None]


class Age(msgspec.Struct, kw_only=True):
    """PUT …/minor."""

    minor: bool


@get("/consents")
async def account(request: Ask) -> Said:
    """What one lets one's doings be used for."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return await consent.of(db, me.id)


@put("/consents")
async def consent_to(request: Ask) -> Said:
    """Say yes (true), no (false) or nothing (null) for some purposes."""
    me = await person(request, "write")
    answers = await body(request, Said)
    async with pool(request).transaction() as db:
        await consent.say(db, me.id, answers)
        return await consent.of(db, me.id)


@put("/posts/{id_:str}/consents")
async def of_post(request: Ask, id_: str) -> Said:
    """The same for one of one's posts."""
    me = await person(request, "write")
    answers = await body(request, Said)
    async with pool(request).transaction() as db:
        post = await posts.own(db, me, id_of(id_))
        await consent.say_of_item(db, me.id, "post", post.id, answers)
        return await consent.of_item(db, "post", post.id)


@get("/conversations/{id_:str}/consents")
async def conversation(request: Ask, id_: str) -> Said:
    """What is said for one of one's conversations; null: as for the account."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return await conversations.consents(db, me, id_of(id_))


@put("/conversations/{id_:str}/consents")
async def of_conversation(request: Ask, id_: str) -> Said:
    """Say whether it may teach: train_assistant_conversations, train_assistant_feedback, public_dataset."""
    me = await person(request, "write")
    answers = await body(request, Said)
    async with pool(request).transaction() as db:
        await conversations.consent_to(db, me, id_of(id_), answers)
        return await conversations.consents(db, me, id_of(id_))


@get("/minor")
async def minor(request: Ask) -> dict[str, bool]:
    """Whether one is said to be under 18: then nothing is learned, whatever the consents were."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return {"minor": await minors.of(db, me.id) is not None}


@put("/minor")
async def be_minor(request: Ask) -> dict[str, bool]:
    """Say so, or take it back; only moderators take back what moderators said."""
    me = await person(request, "write")
    wanted = await body(request, Age)
    async with pool(request).transaction() as db:
        await (minors.say if wanted.minor else minors.unsay)(db, me.id, me.id)
    return {"minor": wanted.minor}


routes = Router(
    "/api/bower/v1",
    route_handlers=[account, consent_to, of_post, conversation, of_conversation, minor, be_minor],
    exception_handlers={Exception: problem},
)
