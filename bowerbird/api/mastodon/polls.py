"""Polls: read one, choose in it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, get, post

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import when
from bowerbird.core import limits
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.social import polls, votes
from bowerbird.social.polls import Poll

CHOICES_MAX = 50


class NewPoll(msgspec.Struct, kw_only=True):
    """`poll` in POST /api/v1/statuses. `expires_in` in seconds."""

    options: list[str]
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False


class Choice(msgspec.Struct):
    """POST /api/v1/polls/:id/votes: the places of the answers, from 0."""

    choices: list[int]


def ask(new: NewPoll | None) -> polls.Ask | None:
    """A poll as it was asked for. Raises Invalid."""
    return polls.checked(polls.Ask(new.options, new.expires_in, new.multiple, new.hide_totals)) if new else None


def poll(found: Poll, *, own: bool = False, seen_by_someone: bool = True) -> dict[str, Any]:
    """A Poll; whoever asked it counts as having voted. For nobody in particular, what the viewer chose is left out."""
    mine = {"voted": own or bool(found.own_votes), "own_votes": list(found.own_votes)} if seen_by_someone else {}
    return {
        "id": str(found.id),
        "expires_at": when(found.expires_at),
        "expired": found.expired,
        "multiple": found.multiple,
        "votes_count": sum(found.counts),
        "voters_count": found.voters_count,
        "options": [
            {"title": title, "votes_count": count if found.totals_shown else None}
            for title, count in zip(found.options, found.counts, strict=True)
        ],
        "emojis": [],
        **mine,
    }


@get("/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """A poll whose post one may see."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        found, post = await votes.see(db, me.id if me else None, id_of(id_))
    return poll(found, own=me is not None and post.author_id == me.id, seen_by_someone=me is not None)


@post("/{id_:str}/votes", status_code=200)
async def choose(request: Ask, id_: str) -> dict[str, Any]:
    """Choose, once."""
    me = await person(request, "write:statuses")
    choice = await body(request, Choice)
    if len(choice.choices) > CHOICES_MAX:
        raise Invalid("That answer is not among those to choose from.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"vote:{me.id}", times_max=600, window_s=300)
        return poll(await votes.vote(db, me, id_of(id_), choice.choices))


routes = Router("/api/v1/polls", route_handlers=[read, choose], exception_handlers={Exception: mastodon})
