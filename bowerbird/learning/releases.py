"""Versions of models: each that was made, what the gate found of it, which is in use. Going back is one step, and takes effect at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.settings import Settings
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.learning.gate import Report

State = Literal["held", "in_use", "retired"]


@dataclass(frozen=True, slots=True)
class Release:
    """One version. `reason`: why it was held back or retired."""

    id: int
    model: str
    number: int
    dataset_id: int
    sha256: str
    report: dict[str, Any]
    state: State
    reason: str
    since: datetime | None
    until: datetime | None

    @property
    def found(self) -> Report:
        """What the gate found."""
        return msgspec.convert(self.report, Report)

    @property
    def name(self) -> str:
        """As it is called: "assistant 3"."""
        return f"{self.model} {self.number}"


def file_of(where: Settings, model: str, number: int) -> Path:
    """Where a version is kept."""
    return where.home / "releases" / model / f"{number}.json"


async def latest(db: Database, model: str | None = None, limit: int = 50) -> list[Release]:
    """The newest first, of all models or of one."""
    return await db.many(
        Release,
        "select * from learning.releases where coalesce(model = %s, true) order by id desc limit %s",
        model,
        min(limit, 200),
    )


async def in_use(db: Database, model: str) -> Release | None:
    """The version in use."""
    return await db.maybe(Release, "select * from learning.releases where model = %s and state = 'in_use'", model)


async def rounds(db: Database, model: str) -> int:
    """How many versions were examined so far: each spent its share of the error budget."""
    return await db.value("select count(*) from learning.releases where model = %s", model)


async def next_number(db: Database, model: str) -> int:
    """What the next version is called."""
    return 1 + (await db.value("select max(number) from learning.releases where model = %s", model) or 0)


async def made(db: Database, dataset: Dataset, number: int, sha256: str, report: Report) -> Release:
    """Write down a version with what was found; it waits until it is promoted."""
    failed = [check.text for check in report.checks if not check.passed]
    return await db.one(
        Release,
        """insert into learning.releases (id, model, number, dataset_id, sha256, report, state, reason)
           values (%s, %s, %s, %s, %s, %s, 'held', %s) returning *""",
        new_id(), dataset.model, number, dataset.id, sha256, json(msgspec.to_builtins(report)),
        "" if report.passed else f"Not passed: {'; '.join(failed)}.",
    )  # fmt: skip


async def promote(db: Database, model: str, number: int) -> Release:
    """Put a version into use in place of the one that is. Raises NotFound, or Conflict for one that did not pass the gate."""
    one = await db.maybe(Release, "select * from learning.releases where model = %s and number = %s for update", model, number)
    if one is None:
        raise NotFound(f"There is no {model} {number}.")
    if not one.found.passed:
        raise Conflict(f"{one.name} did not pass the gate: {one.reason}")
    if one.state == "in_use":
        return one
    await retire(db, model, f"{one.name} took its place.")
    return await db.one(
        Release,
        "update learning.releases set state = 'in_use', since = clock_timestamp(), until = null, reason = '' where id = %s returning *",
        one.id,
    )


async def retire(db: Database, model: str, reason: str) -> Release | None:
    """Take the version in use out of use; which it was."""
    return await db.maybe(
        Release,
        """update learning.releases set state = 'retired', until = clock_timestamp(), reason = %s where model = %s and state = 'in_use'
           returning *""",
        reason, model,
    )  # fmt: skip


async def rollback(db: Database, model: str) -> Release | None:
    """Go back to the version that was in use before; to none where there was none. Raises Conflict where none is in use."""
    now = await in_use(db, model)
    if now is None:
        raise Conflict(f"No version of the {model} model is in use.")
    before = await db.maybe(
        Release,
        "select * from learning.releases where model = %s and state = 'retired' and id <> %s and until <= %s order by until desc limit 1",
        model, now.id, now.since,
    )  # fmt: skip
    await retire(db, model, "Rolled back.")
    return await promote(db, model, before.number) if before else None
