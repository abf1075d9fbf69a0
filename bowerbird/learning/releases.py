"""Versions of models: each that was made, what the gate found of it, which is in use. Going back is one step.

The ledger alone says what is in use; what is served follows: `settle` is called by whoever committed a change, and by the worker every minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import adapters
from bowerbird.learning import serving
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.learning.gate import Report

State = Literal["held", "trial", "in_use", "retired"]
ADAPTER = "adapter"  # of the language model: it is tried by a part of the people before it is in use
ROLLED_BACK = "Rolled back."
WITHDREW = "Somebody it learned from withdrew."
SHARES = (5, 25)  # of a hundred people, one after the other


@dataclass(frozen=True, slots=True)
class Release:
    """One version. `reason`: why it was held back or retired; `share`: of a hundred people, how many try it; `tried`: what they said."""

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
    share: int
    tried: dict[str, Any]

    @property
    def found(self) -> Report:
        """What the gate found."""
        return msgspec.convert(self.report, Report)

    @property
    def name(self) -> str:
        """As it is called: "assistant 3"."""
        return f"{self.model} {self.number}"

    @property
    def gone(self) -> bool:
        """Whether nobody is served by it."""
        return self.state not in ("in_use", "trial")


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


async def returnable(db: Database, model: str) -> set[int]:
    """The numbers of the version in use and of the one that was before it."""
    return set(
        await db.values(
            """select number from learning.releases where model = %s and state in ('in_use', 'retired')
               order by coalesce(until, 'infinity') desc limit 2""",
            model,
        )
    )


async def rounds(db: Database, model: str) -> int:
    """How many versions were examined so far: each spent its share of the error budget."""
    return await db.value("select count(*) from learning.releases where model = %s", model)


async def hold(db: Database, model: str) -> None:
    """Until the caller's transaction is over nobody else numbers a version of this model, changes which is in use, or puts one into service."""
    await db.execute("select pg_advisory_xact_lock(hashtext('learning.releases ' || %s))", model)


async def settle(db: Database, where: Settings | None = None) -> None:
    """Put into service what the ledger says is in use, in the house `where` (None: this process's), and take out everything else. After a commit,
    in a transaction of its own; done twice it does no harm."""
    here = where or settings()
    for model in serving.SERVED:
        await hold(db, model)
        one = await in_use(db, model)
        serving.put(here, model, one.number if one and serving.kept(here, model, one.number) else None)
        if model in serving.FOLDERS:  # large: the one in use is kept, and the one before it
            serving.let_go(here, model, but=await returnable(db, model))


async def next_number(db: Database, model: str) -> int:
    """What the next version is called; nobody else's is called so."""
    await hold(db, model)
    return 1 + (await db.value("select max(number) from learning.releases where model = %s", model) or 0)


async def made(db: Database, dataset: Dataset, number: int, sha256: str, report: Report) -> Release:
    """Write down a version with what was found, of the model that it was found of; it waits until it is promoted."""
    failed = [check.text for check in report.checks if not check.passed]
    return await db.one(
        Release,
        """insert into learning.releases (id, model, number, dataset_id, sha256, report, state, reason)
           values (%s, %s, %s, %s, %s, %s, 'held', %s) returning *""",
        new_id(), report.model, number, dataset.id, sha256, json(msgspec.to_builtins(report)),
        "" if report.passed else f"Not passed: {'; '.join(failed)}.",
    )  # fmt: skip


async def on_trial(db: Database, model: str) -> Release | None:
    """The version that a part of the people tries."""
    return await db.maybe(Release, "select * from learning.releases where model = %s and state = 'trial'", model)


async def admit(db: Database, one: Release, where: Settings | None = None) -> Release:
    """What becomes of a version that passed the gate: an adapter is tried by a few first, in place of the one on trial; others are in use. One that
    somebody left while it was learned stays held."""
    if await owes(db, one):
        return await db.one(
            Release, "update learning.releases set reason = %s where id = %s returning *", f"Meanwhile: {WITHDREW}", one.id
        )
    if one.model != ADAPTER:
        return await promote(db, one.model, one.number, where)
    return await try_with(db, one.number, SHARES[0])


async def try_with(db: Database, number: int, share: int) -> Release:
    """Have an adapter that passed tried by so many of a hundred people. Raises NotFound, or Conflict for one that did not pass."""
    await hold(db, ADAPTER)
    one = await _passed(db, ADAPTER, number)
    await end_trial(db, ADAPTER, f"{one.name} is tried in its place.", but=one.id)
    await adapters.serve(db, one.name, one.sha256, share)
    return await db.one(
        Release,
        """update learning.releases set state = 'trial', share = %s, reason = '', until = null,
               since = case when state = 'trial' then since else clock_timestamp() end,
               tried = case when state = 'trial' then tried else '{}' end where id = %s returning *""",
        share, one.id,
    )  # fmt: skip


async def end_trial(db: Database, model: str, reason: str, *, but: int = 0) -> Release | None:
    """Take the version on trial back; which it was."""
    await hold(db, model)
    return await _out(db, model, "trial", reason, but)


async def promote(db: Database, model: str, number: int, where: Settings | None = None) -> Release:
    """Put a version into use in place of the one that is. Raises NotFound, or Conflict for one that did not pass the gate, or whose files the house
    `where` (None: this process's) does not keep any more."""
    await hold(db, model)
    one = await _passed(db, model, number)
    if one.state == "in_use":
        return one
    if not serving.kept(where or settings(), model, number):
        raise Conflict(f"The files of {one.name} are no longer kept.")
    await _out(db, model, "in_use", f"{one.name} took its place.")
    if model == ADAPTER:
        await adapters.serve(db, one.name, one.sha256, adapters.ALL)
    return await db.one(
        Release,
        """update learning.releases set state = 'in_use', share = 100, since = clock_timestamp(), until = null, reason = ''
           where id = %s returning *""",
        one.id,
    )


async def retire(db: Database, model: str, reason: str) -> Release | None:
    """Take the version in use out of use; which it was."""
    await hold(db, model)
    return await _out(db, model, "in_use", reason)


async def give_up(db: Database, model: str) -> None:
    """Take out of use, and out of its trial, what learned from somebody who withdrew."""
    if (one := await in_use(db, model)) and await owes(db, one):
        await retire(db, model, WITHDREW)
    if (one := await on_trial(db, model)) and await owes(db, one):
        await end_trial(db, model, WITHDREW)


async def rollback(db: Database, model: str, where: Settings | None = None) -> Release | None:
    """Take back the version on trial where there is one; else go back to the version that was in use before, to none where there was none.

    Returns what is in use then. Raises Conflict where there is nothing to go back from."""
    await hold(db, model)
    if await end_trial(db, model, ROLLED_BACK):
        return await in_use(db, model)
    now = await in_use(db, model)
    if now is None:
        raise Conflict(f"No version of the {model} model is in use.")
    earlier = await db.many(
        Release,
        """select * from learning.releases where model = %s and state = 'retired' and id <> %s and until <= %s and reason <> %s
           order by until desc limit 20""",
        model, now.id, now.since, ROLLED_BACK,
    )  # fmt: skip
    await retire(db, model, ROLLED_BACK)
    for before in earlier:
        if serving.kept(where or settings(), model, before.number) and not await owes(db, before):
            return await promote(db, model, before.number, where)
    return None


async def _passed(db: Database, model: str, number: int) -> Release:
    """A version that passed the gate, held for the caller. Raises NotFound or Conflict."""
    one = await db.maybe(Release, "select * from learning.releases where model = %s and number = %s for update", model, number)
    if one is None:
        raise NotFound(f"There is no {model} {number}.")
    if not one.found.passed:
        raise Conflict(f"{one.name} did not pass the gate: {one.reason}")
    if await owes(db, one):
        raise Conflict(f"{one.name} learned from somebody who withdrew.")
    return one


async def owes(db: Database, one: Release) -> bool:
    """Whether a version learned from anything that the newest dataset of its kind does not hold any more, for its person took it back or left
    the house. What is left out of a dataset is not in it; of pictures that others liked no version learns."""
    gone = """select d.items <> (select coalesce(sum(case i.kind when 'act' then cardinality(i.event_ids) else 1 end), 0) from learning.items i
              where i.dataset_id = d.id) from learning.datasets d where d.id = %s"""
    if await db.value(gone, one.dataset_id):
        return True
    return bool(
        await db.value(
            """select 1 from learning.items i cross join lateral unnest(i.event_ids) e (id)
               join learning.datasets d on d.id = i.dataset_id
               join lateral (select m.id from learning.datasets m where m.model = d.model order by m.built_at desc limit 1) newest on true
               where i.dataset_id = %s and i.split = 'train' and i.kind <> 'picture'
               and exists (select 1 from learning.exclusions x where x.event_id = e.id and x.dataset_id = newest.id
                   and x.reason in ('withdrawn', 'not_this_one', 'deleted', 'forgotten')) limit 1""",
            one.dataset_id,
        )
    )  # fmt: skip


async def _out(db: Database, model: str, state: State, reason: str, but: int = 0) -> Release | None:
    """One that was only tried is held again: it never was in use, and no rollback leads to it."""
    one = await db.maybe(
        Release,
        """update learning.releases set state = case when state = 'in_use' then 'retired' else 'held' end, share = 0,
               until = clock_timestamp(), reason = %s where model = %s and state = %s and id <> %s returning *""",
        reason, model, state, but,
    )  # fmt: skip
    if one and model == ADAPTER:
        await adapters.withdraw(db, one.name)
    return one
