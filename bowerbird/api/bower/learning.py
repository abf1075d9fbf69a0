"""What the community's models learn from: the datasets that were built, and everybody's receipts."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.core.ids import at, parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, limit_of, person, pool
from bowerbird.learning import nights, releases
from bowerbird.learning.datasets import ledger, receipts
from bowerbird.learning.datasets.item import REASONS
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.learning.datasets.receipts import Receipt
from bowerbird.learning.releases import Release

RECEIPTS_MAX = 80


def dataset_entity(one: Dataset) -> dict[str, Any]:
    """A dataset by its card: facts, nobody's words."""
    return {
        "id": str(one.id), "model": one.model, "hash": one.hash, "items": one.items, "people": one.people, "built_at": when(one.built_at),
        "card": msgspec.to_builtins(one.facts),
    }  # fmt: skip


def release_entity(one: Release) -> dict[str, Any]:
    """A version with its report."""
    return {
        "id": str(one.id), "name": one.name, "model": one.model, "number": one.number, "state": one.state, "reason": one.reason,
        "dataset_id": str(one.dataset_id), "sha256": one.sha256, "made_at": when(at(one.id)), "since": when(one.since) if one.since else None,
        "until": when(one.until) if one.until else None, "report": msgspec.to_builtins(one.found) | {"passed": one.found.passed},
    }  # fmt: skip


def receipt_entity(one: Receipt) -> dict[str, Any]:
    """What became of one signal."""
    return {
        "id": str(one.id), "at": when(at(one.id)), "event": one.event, "item_kind": one.item_kind, "item_id": str(one.item_id),
        "standing": one.standing,
        "datasets": [
            {
                "id": str(entry.dataset_id), "model": entry.model, "hash": entry.hash, "kind": entry.kind, "split": entry.split,
                "releases": entry.releases,
            }
            for entry in one.entries if not entry.reason
        ],
        "left_out": [
            {"id": str(entry.dataset_id), "model": entry.model, "hash": entry.hash, "reason": entry.reason, "text": REASONS[entry.reason]}
            for entry in one.entries if entry.reason
        ],
    }  # fmt: skip


@get("/receipts")
async def own(request: Ask) -> dict[str, Any]:
    """Every signal of one's own that went into a dataset or was left out of one, the newest first. `next`: for `max_id`."""
    me = await person(request, "read")
    limit = limit_of(request, RECEIPTS_MAX)
    async with pool(request).reading() as db:
        found = await receipts.of(db, me.id, Page(before=parse(request.query_params.get("max_id", "")), limit=limit))
        part = await receipts.part(db, me.id)
    following = str(found[-1].id) if len(found) == limit else None
    return {"receipts": [receipt_entity(one) for one in found], "part": msgspec.to_builtins(part), "next": following}


@put("/receipts/{id_:str}/withdrawal", status_code=204)
async def withdraw(request: Ask, id_: str) -> None:
    """Take back what a signal is about: no dataset that is built from now on holds it."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await receipts.withdraw(db, me.id, id_of(id_))


@delete("/receipts/{id_:str}/withdrawal", status_code=204)
async def leave_it_in(request: Ask, id_: str) -> None:
    """Take that back: what was said for the whole account counts again."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await receipts.withdraw(db, me.id, id_of(id_), undo=True)


@get("/learning/datasets")
async def datasets(request: Ask) -> dict[str, Any]:
    """The datasets that were built, the newest first."""
    async with pool(request).reading() as db:
        return {"datasets": [dataset_entity(one) for one in await ledger.latest(db, limit_of(request))]}


@get("/learning/datasets/{id_:str}")
async def dataset(request: Ask, id_: str) -> dict[str, Any]:
    """One of them, by its card."""
    async with pool(request).reading() as db:
        return dataset_entity(await ledger.one(db, id_of(id_)))


@get("/learning/releases")
async def versions(request: Ask) -> dict[str, Any]:
    """Every version that was made, the newest first, with what the gate found; those that did not pass among them."""
    async with pool(request).reading() as db:
        return {"releases": [release_entity(one) for one in await releases.latest(db, limit=limit_of(request))]}


@get("/learning/runs")
async def runs(request: Ask) -> dict[str, Any]:
    """What was learned in the last nights, or why nothing was."""
    async with pool(request).reading() as db:
        found = await nights.latest(db, limit_of(request))
    return {
        "runs": [
            {
                "day": one.day.isoformat(), "began_at": when(one.began_at), "ended_at": when(one.ended_at) if one.ended_at else None,
                "told": one.told,
            }
            for one in found
        ]
    }  # fmt: skip


routes = Router(
    "/api/bower/v1",
    route_handlers=[own, withdraw, leave_it_in, datasets, dataset, versions, runs],
    exception_handlers={Exception: problem},
)
