"""For You: pages, why each post is there, what one says of them, what was learned, and how far one's own posts came."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon import entities
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, limit_of, person, pool, viewer
from bowerbird.feed import asking, hiding, reach, slates
from bowerbird.feed.naming import named
from bowerbird.feed.reasons import Reason, Term
from bowerbird.feed.slates import Page
from bowerbird.gallery import cards
from bowerbird.social import posts


class Dwells(msgspec.Struct):
    """POST /feed/dwells: seconds that each post was looked at, by id."""

    seconds: dict[str, float] = {}


class Forgetting(msgspec.Struct):
    """DELETE /feed/taste/acts: the ids of acts to forget; all of them, unless some are named."""

    ids: list[str] = []


@get("/feed")
async def feed(request: Ask) -> Response[bytes]:
    """A page; `cursor` is the `next` of the one before. Personal only for who lets the feed learn; else what everyone reads."""
    me = await viewer(request)
    found = await slates.page(pool(request), me, request.query_params.get("cursor", ""), limit_of(request))
    async with pool(request).reading() as db:
        ready = {card.id: card for card in await cards.of(db, me, [one.entry for one in found.posts])}
    told = msgspec.json.encode(_page(found, [one.entry.id for one in found.posts if one.entry.id in ready]))
    statuses = entities.statuses([ready[one.entry.id] for one in found.posts if one.entry.id in ready])
    return Response(b'{"posts":' + statuses + b"," + told[1:], media_type="application/json")


def _page(found: Page, ids: list[int]) -> dict[str, Any]:
    """Everything of a page but its posts, which are encoded already."""
    shown = [one for one in found.posts if one.entry.id in ids]
    return {
        "next": found.next or None,
        "id": str(found.id),
        "personal": found.personal,
        "release": found.release,
        "away": found.away,
        "why": {
            str(one.entry.id): {
                "score": one.score, "source": one.source, "propensity": one.propensity, "team": one.team or None,
                "reasons": [reason(r) for r in one.reasons],
            }
            for one in shown
        },
    }  # fmt: skip


def reason(said: Reason) -> dict[str, Any]:
    """One reason; `post_id` where it speaks of one."""
    cited = {"post_id": str(said.post_id)} if said.post_id else {}
    people = {"people": said.people} if said.people else {}
    return {"name": said.name, "value": said.value, "text": said.text, **cited, **people}


@get("/posts/{id_:str}/why")
async def why(request: Ask, id_: str) -> dict[str, Any]:
    """Why a post would stand where it does for the one who asks: every term, and what would keep it away."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        found = await posts.see(db, me.id if me else None, id_of(id_))
    answer = await asking.why(me.id if me else 0, found.boost_of_id or found.id)
    async with pool(request).reading() as db:
        names = await named(db, me, {one.post_id for one in answer.reasons if one.post_id})
    reasons = [
        msgspec.structs.replace(one, text=one.text.replace("{post}", names.get(one.post_id, "a post"))) for one in answer.reasons
    ]
    return {
        "score": answer.score, "personal": answer.personal, "release": answer.release, "terms": [_term(one) for one in answer.terms],
        "filters": answer.filters, "reasons": [reason(one) for one in reasons],
    }  # fmt: skip


def _term(said: Term) -> dict[str, Any]:
    return {"name": said.name, "value": said.value, "text": said.text}


@get("/posts/{id_:str}/reach")
async def how_far(request: Ask, id_: str) -> dict[str, Any]:
    """Where one's own post was shown, and what kept it from being shown."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        found = await reach.of(db, me, id_of(id_))
    stopped = [{"text": text, "times": times} for text, times in found.told]
    return {"id": str(found.post_id), "shown": found.shown, "sources": found.sources, "stopped": stopped}


@put("/posts/{id_:str}/hiding", status_code=204)
async def hide(request: Ask, id_: str) -> None:
    """Not for me: this post and what is nearly the same."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await hiding.hide(db, me, id_of(id_))


@delete("/posts/{id_:str}/hiding", status_code=204)
async def unhide(request: Ask, id_: str) -> None:
    """Take that back."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await hiding.unhide(db, me, id_of(id_))


@post("/feed/dwells", status_code=200)
async def dwell(request: Ask) -> dict[str, int]:
    """How long posts of one's pages were looked at."""
    me = await person(request, "write")
    said = await body(request, Dwells)
    async with pool(request).transaction() as db:
        return {"kept": await hiding.dwelt(db, me, {parse(id_) or 0: seconds for id_, seconds in said.seconds.items()})}


@get("/feed/taste")
async def taste(request: Ask) -> dict[str, Any]:
    """Everything the feed has made of one's acts."""
    me = await person(request, "read")
    found = await asking.taste(me.id)
    return {
        "interests": [
            {
                "topics": one.topics, "confidence": one.confidence, "post_ids": [str(id_) for id_ in one.post_ids],
                "act_ids": [str(id_) for id_ in one.act_ids],
            }
            for one in found.interests
        ],
        "topics": [{"name": one.name, "value": one.value} for one in found.topics],
        "authors": [{"id": one.name, "value": one.value} for one in found.authors],
        "acts": [
            {"id": str(one.id), "kind": one.kind, "post_id": str(one.post_id) if one.post_id else None, "seconds": one.seconds}
            for one in found.acts
        ],
        "shown": found.shown,
        "seen": found.seen,
    }  # fmt: skip


@delete("/feed/taste/acts", status_code=200)
async def forget(request: Ask) -> dict[str, Any]:
    """Have some acts forgotten, as if they had never been, or all of them."""
    me = await person(request, "write")
    said = await body(request, Forgetting)
    async with pool(request).transaction() as db:
        if said.ids:
            return {"forgotten": await hiding.forget(db, me, [parse(id_) or 0 for id_ in said.ids])}
        await hiding.forget_all(db, me)
        return {"forgotten": "all"}


@get("/feed/state")
async def state(request: Ask) -> dict[str, Any]:  # noqa: ARG001
    """How the feed stands: which release of the heads, how many posts it knows, and every weight."""
    return msgspec.to_builtins(await asking.state())


routes = Router(
    "/api/bower/v1", route_handlers=[feed, why, how_far, hide, unhide, dwell, taste, forget, state],
    exception_handlers={Exception: problem},
)  # fmt: skip
