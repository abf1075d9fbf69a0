"""What the community's models learn from: the datasets that were built, and everybody's receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Router, delete, get, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.core.ids import at, parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, limit_of, person, pool
from bowerbird.learning import nights, promises, releases
from bowerbird.learning.datasets import ledger, receipts, taken, taken_back
from bowerbird.learning.datasets.item import REASONS
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.learning.datasets.receipts import Receipt
from bowerbird.learning.datasets.taken import Acts
from bowerbird.learning.datasets.taken_back import TakenBack
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
        "id": str(one.id), "name": one.name, "model": one.model, "number": one.number, "state": one.state, "share": one.share, "tried": one.tried,
        "reason": one.reason,
        "dataset_id": str(one.dataset_id), "sha256": one.sha256, "made_at": when(at(one.id)), "since": when(one.since) if one.since else None,
        "until": when(one.until) if one.until else None, "report": msgspec.to_builtins(one.found) | {"passed": one.found.passed},
    }  # fmt: skip


def receipt_entity(one: Receipt, gone: TakenBack | None = None) -> dict[str, Any]:
    """What became of one signal; of one that was taken back, what came of that."""
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
        "taken_back": gone and {
            "dataset_without_it_at": when(gone.without) if gone.without else None,
            "releases": [
                {"name": version.name, "state": version.state, "until": when(version.until) if version.until else None} for version in gone.versions
            ],
        },
    }  # fmt: skip


def acts_entity(one: Acts) -> dict[str, Any]:
    """What became of somebody's acts in one dataset of For You's, counted."""
    return {
        "dataset_id": str(one.dataset_id), "model": "ranker", "hash": one.hash, "count": one.count, "kinds": one.kinds, "leaving": one.leaving,
        "releases": one.releases, "left_out": [{"reason": reason, "text": REASONS[reason], "count": n} for reason, n in one.left_out.items()],
    }  # fmt: skip


@get("/receipts")
async def own(request: Ask) -> dict[str, Any]:
    """Every signal of one's own that went into a dataset or was left out of one, the newest first; likes and their like together, as `acts`.
    `next`: for `max_id`. `due`: when what was taken back is gone from the datasets, and by when from what learned from it."""
    me = await person(request, "read")
    limit = limit_of(request, RECEIPTS_MAX)
    async with pool(request).reading() as db:
        found = await receipts.of(db, me.id, Page(before=parse(request.query_params.get("max_id", "")), limit=limit))
        part, acts = await receipts.part(db, me.id), await taken.acts(db, me.id)
        gone, promise = await taken_back.of(db, found), await promises.of(db, settings(), datetime.now(UTC))
    following = str(found[-1].id) if len(found) == limit else None
    return {
        "receipts": [receipt_entity(one, gone.get(one.id)) for one in found], "acts": [acts_entity(one) for one in acts],
        "part": msgspec.to_builtins(part), "next": following,
        "due": {
            "next_build": when(promise.next_build) if promise.next_build else None, "by": when(promise.by) if promise.by else None,
            "paused_since": when(promise.paused_since) if promise.paused_since else None,
        },
    }  # fmt: skip


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
