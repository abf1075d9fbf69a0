"""What of the ledger goes into somebody's archive: their receipts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.core.paging import Page
from bowerbird.learning.datasets import receipts, taken
from bowerbird.learning.datasets.receipts import Receipt

PAGE, MOST = 80, 20_000


async def files(db: Database, me: Person) -> dict[str, Any]:
    """By file name: every signal of theirs with what became of it, the newest MOST."""
    told, before = list[Receipt](), None
    while len(told) < MOST:
        page = await receipts.of(db, me.id, Page(before=before, limit=PAGE))
        told += page
        if len(page) < PAGE:
            break
        before = page[-1].id
    acts = [{**asdict(one), "dataset_id": str(one.dataset_id)} for one in await taken.acts(db, me.id)]
    return {"receipts.json": {"receipts": [_said(one) for one in told], "acts": acts}}


def _said(one: Receipt) -> dict[str, Any]:
    ids = {"id": str(one.id), "at": at(one.id), "item_id": str(one.item_id)}
    return {
        **msgspec.to_builtins(one),
        **ids,
        "entries": [{**msgspec.to_builtins(e), "dataset_id": str(e.dataset_id)} for e in one.entries],
    }
