"""One walk from signals to a version: dataset, training, gate, release or rejection. It may be killed anywhere: the next one begins anew from the
same signals, and ends the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.inference.runner.traits import Embed
from bowerbird.learning import releases, serving
from bowerbird.learning.assistant.trade import Answers
from bowerbird.learning.datasets import building
from bowerbird.learning.datasets.ledger import Dataset, Model
from bowerbird.learning.gate import Report
from bowerbird.learning.releases import Release

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Walked:
    """Where it led. `release` None: nothing was learned, for `why_not`, or not all of it yet: `state`."""

    dataset: Dataset
    release: Release | None
    why_not: str = ""
    state: str = "nothing"

    @property
    def said(self) -> dict[str, object]:
        """As JSON."""
        told: dict[str, object] = {"dataset": self.dataset.hash, "items": self.dataset.items, "people": self.dataset.people}
        if self.release is None:
            return told | {"release": None, "state": self.state, "reason": self.why_not}
        return told | {
            "release": self.release.name, "state": self.release.state, "reason": self.release.reason, "report": self.release.report,
        }  # fmt: skip


class Trade(Protocol[T]):
    """What is learned differently from one model to the next. `model`: whose dataset and versions; `too_few`: why nothing was learned."""

    model: ClassVar[Model]
    too_few: ClassVar[str]

    def learn(self, dataset: Path) -> T | None:
        """A candidate of what the dataset in this folder has to train on; None where that is too little."""
        ...

    def write(self, candidate: T, file: Path) -> str:
        """Keep it there; the hash of what was learned."""
        ...

    def examine(self, candidate: T, against: Path | None, dataset: Path, round_: int) -> Report:
        """The candidate against the version kept at `against`; None: against something plain."""
        ...


async def assistant(db: Database, where: Settings, embed: Embed) -> Walked:
    """The assistant's: its reward head, from votes between answers. The caller's transaction is to be repeatable."""
    return await through(db, where, Answers(embed))


async def through(db: Database, where: Settings, trade: Trade[T]) -> Walked:
    """All of it, for one model. The caller's transaction is to be repeatable."""
    model = trade.model
    dataset, folder = await building.build(db, where, model)
    champion, last = await releases.in_use(db, model), await releases.latest(db, model, 1)
    serving.put(where, model, champion.number if champion and serving.kept(where, model, champion.number) else None)
    if last and last[0].dataset_id == dataset.id:  # examined once: to look again would only spend more of what may err
        return Walked(dataset, None, "Nothing was said since the last version was made.")
    owed = champion is not None and await releases.owes(db, champion)
    candidate = trade.learn(folder)
    if candidate is None:
        if owed:
            await releases.retire(db, model, "Somebody withdrew, and what is left is too little to learn from.", where)
        return Walked(dataset, None, trade.too_few)
    number = await releases.next_number(db, model)
    sha256 = trade.write(candidate, serving.file_of(where, model, number))
    # what learned from somebody who withdrew is no measure any more: its place is taken by what passes without it, or stays empty
    against = None if champion is None or owed else serving.file_of(where, model, champion.number)
    report = trade.examine(candidate, against, folder, await releases.rounds(db, model) + 1)
    release = await releases.made(db, dataset, number, sha256, report)
    if owed:
        await releases.retire(db, model, "Somebody whose votes it learned from withdrew.", where)
    if report.passed:
        release = await releases.admit(db, release, where)
    if model in serving.FOLDERS:  # large: the one in use is kept, and the one before it
        serving.let_go(where, model, but=await releases.returnable(db, model))
    return Walked(dataset, release)
