"""One walk from signals to a version: dataset, training, gate, release or rejection. It may be killed anywhere: the next one begins anew from the
same signals, and ends the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.learning import releases
from bowerbird.learning.assistant import exam, head, pair
from bowerbird.learning.assistant.traits import Embed
from bowerbird.learning.datasets import building, files
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.learning.releases import Release


@dataclass(frozen=True, slots=True)
class Walked:
    """Where it led. `release` None: nothing was learned, for `why_not`."""

    dataset: Dataset
    release: Release | None
    why_not: str = ""

    @property
    def said(self) -> dict[str, object]:
        """As JSON."""
        told: dict[str, object] = {"dataset": self.dataset.hash, "items": self.dataset.items, "people": self.dataset.people}
        if self.release is None:
            return told | {"release": None, "state": "nothing", "reason": self.why_not}
        return told | {
            "release": self.release.name, "state": self.release.state, "reason": self.release.reason, "report": self.release.report,
        }  # fmt: skip


async def assistant(db: Database, where: Settings, embed: Embed) -> Walked:
    """The assistant's: its reward head, from votes between answers. The caller's transaction is to be repeatable."""
    dataset, folder = await building.build(db, where)
    champion, last = await releases.in_use(db, "assistant"), await releases.latest(db, "assistant", 1)
    if last and last[0].dataset_id == dataset.id:  # examined once: to look again would only spend more of what may err
        return Walked(dataset, None, "Nothing was said since the last version was made.")
    owed = champion is not None and await owes(db, champion, dataset)
    candidate = head.learn(embed, pair.of_rows(files.read(folder, "train")))
    if candidate is None:
        if owed:
            await releases.retire(db, "assistant", "Somebody withdrew, and what is left is too little to learn from.")
        return Walked(dataset, None, f"Fewer than {head.PAIRS_MIN} votes between answers may be learned from.")
    number = await releases.next_number(db, "assistant")
    file = releases.file_of(where, "assistant", number)
    candidate.write(file)
    # what learned from somebody who withdrew is no measure any more: its place is taken by what passes without it, or stays empty
    against = None if champion is None or owed else head.read(releases.file_of(where, "assistant", champion.number))
    report = exam.examine(
        embed, candidate, against, pair.of_rows(files.read(folder, "held_out")), await releases.rounds(db, "assistant") + 1
    )
    release = await releases.made(db, dataset, number, hashlib.sha256(file.read_bytes()).hexdigest(), report)
    if owed:
        await releases.retire(db, "assistant", "Somebody whose votes it learned from withdrew.")
    if report.passed:
        release = await releases.promote(db, "assistant", number)
    return Walked(dataset, release)


async def owes(db: Database, release: Release, newest: Dataset) -> bool:
    """Whether a version learned from anything that the `newest` dataset of its model does not hold any more, for its person took it back or left
    the house."""
    gone = "select d.items <> (select count(*) from learning.items i where i.dataset_id = d.id) from learning.datasets d where d.id = %s"
    return bool(await db.value(gone, release.dataset_id)) or bool(
        await db.value(
            """select 1 from learning.items i cross join lateral unnest(i.event_ids) e (id)
               where i.dataset_id = %s and i.split = 'train' and not exists (
                   select 1 from learning.items n cross join lateral unnest(n.event_ids) f (id) where f.id = e.id and n.dataset_id = %s)
               and exists (select 1 from learning.exclusions x where x.event_id = e.id and x.reason in ('withdrawn', 'not_this_one', 'deleted')
                   and x.dataset_id = %s) limit 1""",
            release.dataset_id, newest.id, newest.id,
        )
    )  # fmt: skip
