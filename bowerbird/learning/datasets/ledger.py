"""The ledger: every dataset that was built, with whose signal went in and whose was left out. It holds no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import msgspec

from bowerbird.core.database import Database
from bowerbird.events import consent
from bowerbird.learning.datasets.card import Card

Model = Literal["assistant", "pictures", "ranker"]
MODELS: tuple[Model, ...] = get_args(Model)
PURPOSES: dict[Model, tuple[consent.Purpose, ...]] = {  # what somebody allows, for anything of theirs to be in it
    "assistant": ("train_assistant_feedback", "train_assistant_conversations", "train_assistant_posts"),
    "pictures": ("train_picture_picks", "train_pictures"),
    "ranker": ("personalise",),
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One that was built. Its files are there while it is the newest of its model."""

    id: int
    model: str
    hash: str
    card: dict[str, object]
    items: int
    people: int
    built_at: datetime

    @property
    def facts(self) -> Card:
        """Its card."""
        return msgspec.convert(self.card, Card)


async def newest(db: Database, model: str = "assistant") -> Dataset | None:
    """The one that stands."""
    return await db.maybe(Dataset, "select * from learning.datasets where model = %s order by built_at desc limit 1", model)


async def latest(db: Database, limit: int = 20) -> list[Dataset]:
    """Of all models, the newest first."""
    return await db.many(Dataset, "select * from learning.datasets order by built_at desc limit %s", min(limit, 100))


async def one(db: Database, id_: int) -> Dataset:
    """One of them. Raises NotFound."""
    return await db.one(Dataset, "select * from learning.datasets where id = %s", id_)
