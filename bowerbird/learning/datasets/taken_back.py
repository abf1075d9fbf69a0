"""What came of a signal that was taken back: the dataset that was built without it, and the versions that had learned from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.learning.datasets.receipts import Receipt
from bowerbird.learning.releases import Release


@dataclass(frozen=True, slots=True)
class TakenBack:
    """`versions`: those that had learned from it. `without`: when the dataset that stands was built without it, None while it is in there still."""

    without: datetime | None
    versions: list[Release]


async def of(db: Database, told: Sequence[Receipt]) -> dict[int, TakenBack]:
    """By receipt, for those of them that no dataset may hold any more and one did."""
    held = {one.id: [entry for entry in one.entries if not entry.reason] for one in told if not one.standing}
    ids = {entry.dataset_id for entries in held.values() for entry in entries}
    if not ids:
        return {}
    newest = {
        model: (id_, built_at)
        for model, id_, built_at in await db.rows(
            "select distinct on (model) model, id, built_at from learning.datasets order by model, built_at desc"
        )
    }
    versions: dict[int, list[Release]] = {}
    for one in await db.many(
        Release,
        "select * from learning.releases where dataset_id = any(%s) and (since is not null or until is not null) order by id",
        list(ids),
    ):
        versions.setdefault(one.dataset_id, []).append(one)
    found: dict[int, TakenBack] = {}
    for id_, entries in held.items():
        if entries:
            inside = {entry.dataset_id for entry in entries}
            stand = [newest[model] for model in {entry.model for entry in entries}]
            taught = {entry.dataset_id for entry in entries if entry.split == "train" and entry.kind != "picture"}
            still = any(newest_id in inside for newest_id, _ in stand)
            found[id_] = TakenBack(
                None if still else max(built_at for _, built_at in stand),
                [one for dataset_id in sorted(taught) for one in versions.get(dataset_id, [])],
            )
    return found
