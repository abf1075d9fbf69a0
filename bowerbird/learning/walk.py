"""The walk from signals to a version: dataset, training, gate, release or rejection. What takes long lies between two short transactions, so that
nothing in the house waits for it. It may be killed anywhere: the next one begins anew from the same signals, and ends the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.learning import releases, serving
from bowerbird.learning.datasets import building
from bowerbird.learning.datasets.ledger import Dataset, Model
from bowerbird.learning.gate import Report
from bowerbird.learning.releases import Release

T = TypeVar("T")
NOTHING_SAID = "Nothing was said since the last version was made."
CHANGED = "What is in use changed meanwhile; it is examined against that next."
TAKEN = "What may be learned from was gathered anew meanwhile; the next walk learns from that."


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


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a walk stands once its dataset is built. `champion`: in use; `why_not`: nothing is to be learned, and why."""

    dataset: Dataset
    folder: Path
    champion: Release | None
    round: int
    why_not: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was learned and examined: a candidate's file, its hash, and what the exam found."""

    file: Path
    sha256: str
    report: Report


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


async def begin(db: Database, where: Settings, source: Model, model: str = "") -> Begun:
    """Build the dataset `source`, take out of use what learned from somebody who withdrew, and see whether there is anything to learn for `model`
    (the one of that name). The caller's transaction is to be repeatable."""
    dataset, folder = await building.build(db, where, source)
    name = model or source
    await releases.give_up(db, name)
    last = await releases.latest(db, name, 1)
    examined = bool(last and last[0].dataset_id == dataset.id)  # once: to look again would only spend more of what may err
    return Begun(
        dataset, folder, await releases.in_use(db, name), await releases.rounds(db, name) + 1, NOTHING_SAID if examined else ""
    )


def learned(where: Settings, trade: Trade[T], begun: Begun) -> Made | Walked:
    """Learn and examine, outside of any transaction; where nothing comes of it, why."""
    file = serving.candidate_of(where, trade.model)
    serving.gone(file)  # left by one that was killed
    try:
        candidate = trade.learn(begun.folder)
        if candidate is None:
            return Walked(begun.dataset, None, trade.too_few)
        sha256 = trade.write(candidate, file)
        return Made(file, sha256, trade.examine(candidate, _against(where, begun), begun.folder, begun.round))
    except FileNotFoundError:
        if begun.folder.exists():
            raise
        return Walked(begun.dataset, None, TAKEN)


def _against(where: Settings, begun: Begun) -> Path | None:
    """The file of the version in use; none where it is lost, for it is not served either."""
    one = begun.champion
    return serving.file_of(where, one.model, one.number) if one and serving.kept(where, one.model, one.number) else None


async def end(db: Database, where: Settings, begun: Begun, made: Made) -> Walked:
    """Write the version down and give its file its place; it is in use where it passed everything."""
    model = made.report.model

    def keep(number: int) -> None:
        serving.keep(where, model, number, made.file)

    return await written(db, where, begun, made.sha256, made.report, keep)


async def written(
    db: Database, where: Settings, begun: Begun, sha256: str, report: Report, keep: Callable[[int], None]
) -> Walked:
    """A version with what its exam found, under a number of its own that `keep` is told before it is admitted. Where what it was examined against
    is not in use any more, nothing is written."""
    number = await releases.next_number(db, report.model)
    now = await releases.in_use(db, report.model)
    if (now and now.id) != (begun.champion and begun.champion.id):
        return Walked(begun.dataset, None, CHANGED, "examining")
    release = await releases.made(db, begun.dataset, number, sha256, report)
    keep(number)
    return Walked(begun.dataset, await releases.admit(db, release, where) if report.passed else release)
