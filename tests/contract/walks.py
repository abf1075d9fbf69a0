"""A walk as `bowerbird learn` takes it, in the one transaction that a test rolls back; and a version in use that no walk made."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.learning import releases, serving, walk
from bowerbird.learning.gate import Report
from bowerbird.learning.walk import Trade, Walked
from tests.conftest import House

T = TypeVar("T")
UNSEEN = Report(model="", round=1, error=0.05, items=0, people=0, checks=[])


async def through(db: Database, where: Settings, trade: Trade[T]) -> Walked:
    """From the dataset to what is served."""
    begun = await walk.begin(db, where, trade.model)
    await releases.settle(db, where)
    if begun.why_not:
        return Walked(begun.dataset, None, begun.why_not)
    made = walk.learned(where, trade, begun)
    if isinstance(made, Walked):
        return made
    ended = await walk.end(db, where, begun, made)
    serving.gone(made.file)
    await releases.settle(db, where)
    return ended


@contextmanager
def in_use(house: House, model: str, number: int = 900) -> Generator[Path]:
    """Where to write what a house serves meanwhile: its ledger says so, or its worker would take it out within a minute. `serving.put` serves it at
    once."""
    where = Settings(data_dir=str(house.folder / "data"))
    with psycopg.connect(house.database_url, autocommit=True) as ledger:
        ledger.execute(
            "insert into learning.datasets (id, model, hash, card, items, people, built_at) values (%s, %s, 'x', '{}', 0, 0, 'epoch')",
            (number, model),
        )
        ledger.execute(
            """insert into learning.releases (id, model, number, dataset_id, sha256, report, state, since)
               values (%s, %s, %s, %s, '', %s, 'in_use', now())""",
            (number, model, number, number, Jsonb(msgspec.to_builtins(UNSEEN) | {"model": model})),
        )
        try:
            yield serving.file_of(where, model, number)
        finally:
            ledger.execute("delete from learning.releases where id = %s", (number,))
            ledger.execute("delete from learning.datasets where id = %s", (number,))
            serving.put(where, model, None)
            serving.gone(serving.file_of(where, model, number))
