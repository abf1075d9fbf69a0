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
    owed = champion is not None and await releases.owes(db, champion)
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
        release = await releases.admit(db, release)
    return Walked(dataset, release)
