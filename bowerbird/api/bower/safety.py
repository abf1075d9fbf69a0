"""Safety: the published rules, what was decided about one's words and pictures, appeals, and whether pictures of oneself may be made."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, get, post, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, limit_of, person, pool
from bowerbird.moderation import appeals, decisions, likeness, policy
from bowerbird.moderation.appeals import Appeal
from bowerbird.moderation.decisions import Decided


class NewAppeal(msgspec.Struct):
    """POST …/decisions/ID/appeal."""

    text: str


class Likeness(msgspec.Struct):
    """PUT …/likeness: whether pictures of me may be made, and the names I go by beside those of my account."""

    allowed: bool
    names: list[str] = []


@get("/safety")
async def rules(request: Ask) -> dict[str, Any]:
    """The rules in force with every threshold, and how often each decided in the last 30 days. Open to anyone."""
    async with pool(request).reading() as db:
        counts = await decisions.counted(db)
    told = [{"rule": rule, "decision": decision, "times": times} for rule, decision, times in counts]
    return {"hash": policy.digest(), **msgspec.to_builtins(policy.rules()), "decisions_30_days": told}


@get("/decisions")
async def mine(request: Ask) -> list[dict[str, Any]]:
    """What was decided about one's own words and pictures, the newest first; `max_id` pages back."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        found = await decisions.of(db, me, before_id=parse(request.query_params.get("max_id")), limit=limit_of(request))
        against = await appeals.of(db, [one.id for one in found])
    return [_entity(one, against.get(one.id)) for one in found]


@post("/decisions/{id_:str}/appeal", status_code=201)
async def appeal(request: Ask, id_: str) -> dict[str, Any]:
    """Ask for a person to look at a refusal."""
    me = await person(request, "write")
    said = await body(request, NewAppeal)
    async with pool(request).transaction() as db:
        made = await appeals.make(db, me, id_of(id_), said.text)
        return _entity(await decisions.own(db, me, made.decision_id), made)


@get("/likeness")
async def likeness_of(request: Ask) -> dict[str, Any]:
    """Whether pictures of oneself may be made."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        said = await likeness.of(db, me)
    return {"allowed": said is not None, "names": said.names if said else [], "said_at": when(said.said_at) if said else None}


@put("/likeness")
async def say_likeness(request: Ask) -> dict[str, Any]:
    """Say so, or take it back."""
    me = await person(request, "write")
    asked = await body(request, Likeness)
    async with pool(request).transaction() as db:
        if asked.allowed:
            said = await likeness.allow(db, me, asked.names)
            return {"allowed": True, "names": said.names, "said_at": when(said.said_at)}
        await likeness.forbid(db, me)
    return {"allowed": False, "names": [], "said_at": None}


def _entity(one: Decided, against: Appeal | None) -> dict[str, Any]:
    return {
        "id": str(one.id), "made_at": when(one.made_at), "stage": one.stage, "decision": one.decision, "rule": one.rule_id,
        "rules_version": one.rules_version, "rules_hash": one.rules_hash, "engine": one.engine or None, "scores": one.scores,
        "words": one.words, "generation_id": str(one.subject_id) if one.subject_id else None,
        "appeal": {"state": against.state, "text": against.text, "answer": against.answer or None} if against else None,
    }  # fmt: skip


routes = Router(
    "/api/bower/v1", route_handlers=[rules, mine, appeal, likeness_of, say_likeness], exception_handlers={Exception: problem}
)
