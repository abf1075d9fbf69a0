"""How one stands to others: follow, block, mute, endorse, note, and what all that comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Router, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import accounts, when
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import endorsements, follows, graph, mutes, notes, relations
from bowerbird.social.follows import Wishes
from bowerbird.social.relations import Relation

ASKED_MAX = 80


class How(msgspec.Struct, kw_only=True):
    """What can be said with a step."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None
    notifications: bool = True
    duration: int = 0
    comment: str = ""


class Ids(msgspec.Struct):
    """Several people, as some programs send them in a body."""

    id: list[str | int | list[str | int]] | str | int = []  # Mastodon.py writes `id[][]`


def relationship(relation: Relation) -> dict[str, Any]:
    """A Relationship."""
    return {
        "id": str(relation.id),
        "following": relation.following,
        "showing_reblogs": relation.showing_reblogs,
        "notifying": relation.notifying,
        "languages": relation.languages,
        "followed_by": relation.followed_by,
        "blocking": relation.blocking,
        "blocked_by": relation.blocked_by,
        "muting": relation.muting,
        "muting_notifications": relation.muting_notifications,
        "muting_expires_at": when(relation.muting_expires_at) if relation.muting_expires_at else None,
        "requested": relation.requested,
        "requested_by": relation.requested_by,
        "domain_blocking": False,
        "endorsed": relation.endorsed,
        "note": relation.note,
    }


async def between(db: Database, me: Person, ids: list[int]) -> list[dict[str, Any]]:
    """How one stands to people, in their order; only those there are."""
    found = await relations.of(db, me.id, list(await people.of(db, ids)))
    return [relationship(found[id_]) for id_ in dict.fromkeys(ids) if id_ in found]


async def asked(request: Ask) -> list[int]:
    """The ids asked for: `id[]` or `id` in the address, or in a body."""
    texts = request.query_params.getall("id[]", []) + request.query_params.getall("id", [])
    if not texts:
        said = (await body(request, Ids)).id
        each = (
            [inner for one in said for inner in (one if isinstance(one, list) else [one])] if isinstance(said, list) else [said]
        )
        texts = [str(text) for text in each]
    return [found for text in texts[:ASKED_MAX] if (found := parse(text))]


@get("/relationships")
async def relationships(request: Ask) -> list[dict[str, Any]]:
    """How one stands to several people."""
    me = await person(request, "read:follows")
    ids = await asked(request)
    async with pool(request).reading() as db:
        return await between(db, me, ids)


@get("/familiar_followers")
async def familiar(request: Ask) -> list[dict[str, Any]]:
    """For several people, who of those one follows follows them."""
    me = await person(request, "read:follows")
    ids = await asked(request)
    async with pool(request).reading() as db:
        known = await people.of(db, ids)
        return [
            {
                "id": str(id_),
                "accounts": []
                if known[id_].hide_collections
                else await accounts(db, await follows.familiar(db, me.id, id_, limit=10)),
            }
            for id_ in ids
            if id_ in known
        ]


async def _follow(db: Database, me: Person, other: Person, how: How) -> None:
    await graph.follow(db, me, other, Wishes(how.reblogs, how.notify, how.languages))


async def _mute(db: Database, me: Person, other: Person, how: How) -> None:
    await mutes.mute(db, me, other, notifications=how.notifications, duration_s=how.duration)


async def _note(db: Database, me: Person, other: Person, how: How) -> None:
    await notes.write(db, me, other, how.comment)


Step = Callable[[Database, Person, Person, How], Awaitable[None]]  # who, whom, how


def _plain(verb: Callable[[Database, Person, Person], Awaitable[None]]) -> Step:
    async def step(db: Database, me: Person, other: Person, _: How) -> None:
        await verb(db, me, other)

    return step


STEPS: dict[str, tuple[str, Step]] = {
    "follow": ("write:follows", _follow),
    "unfollow": ("write:follows", _plain(graph.unfollow)),
    "remove_from_followers": ("write:follows", _plain(graph.remove_follower)),
    "block": ("write:blocks", _plain(graph.block)),
    "unblock": ("write:blocks", _plain(graph.unblock)),
    "mute": ("write:mutes", _mute),
    "unmute": ("write:mutes", _plain(mutes.unmute)),
    "note": ("write:accounts", _note),
    "endorse": ("write:accounts", _plain(endorsements.endorse)),
    "unendorse": ("write:accounts", _plain(endorsements.take_back)),
    "pin": ("write:accounts", _plain(endorsements.endorse)),
    "unpin": ("write:accounts", _plain(endorsements.take_back)),
}


@post("/{id_:str}/{step:str}", status_code=200)
async def stand(request: Ask, id_: str, step: str) -> dict[str, Any]:
    """Follow, block, mute and the like, or take it back."""
    scope, verb = STEPS.get(step, ("write:accounts", None))
    me = await person(request, scope)
    if verb is None:
        raise Invalid(f"What can be done: {', '.join(STEPS)}.")
    how = await body(request, How)
    async with pool(request).transaction() as db:
        other = await people.by_id(db, id_of(id_))
        await verb(db, me, other, how)
        return (await between(db, me, [other.id]))[0]


routes = Router("/api/v1/accounts", route_handlers=[relationships, familiar, stand], exception_handlers={Exception: mastodon})
