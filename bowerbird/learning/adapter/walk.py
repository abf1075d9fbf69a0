"""The walk of the language model's adapter: dataset, training, exam, a trial with a few people or rejection. It may be killed anywhere: while
nothing changes in what may be learned from, the next one goes on from there; where something does, it begins anew, for a withdrawal counts more."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.inference import adapters
from bowerbird.learning import gate, releases, serving, walk
from bowerbird.learning.adapter import shelf
from bowerbird.learning.assistant import head
from bowerbird.learning.datasets import files
from bowerbird.learning.gate import Report
from bowerbird.learning.releases import ADAPTER, Release
from bowerbird.learning.walk import Walked

HOME, RUN = "tuning", "run"  # in the data directory: what training keeps; and what comes out of it
LIKED_MIN, PEOPLE_MIN = 40, 5
Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Begun(walk.Begun):
    """`head`: the reward head in use; `kept`: versions whose files stay."""

    head: Release | None
    kept: list[Release]

    def file(self, where: Settings) -> Path | None:
        """The champion's; none where the model speaks as it came, for lack of one."""
        file = adapters.file_of(where, self.champion.sha256) if self.champion else None
        return file if file and file.exists() else None


@dataclass(frozen=True, slots=True)
class Made:
    """An adapter that was examined."""

    file: Path
    report: Report


async def begin(db: Database, where: Settings) -> Begun:
    """As every walk; and nothing is learned while a version is on trial, or from too little. The caller's transaction is to be repeatable."""
    begun = await walk.begin(db, where, "assistant", ADAPTER)
    trial, why = await releases.on_trial(db, ADAPTER), begun.why_not
    if trial:
        why = f"{trial.name} is tried by {trial.share} % of the people; the next is learned when that is decided."
    why = why or _too_few(files.read(begun.folder, "train"), files.read(begun.folder, "held_out"))
    return Begun(
        begun.dataset,
        begun.folder,
        begun.champion,
        begun.round,
        why,
        await releases.in_use(db, "assistant"),
        await shelf.standing(db),
    )


def _too_few(train: Sequence[Mapping[str, Any]], held_out: Sequence[Mapping[str, Any]]) -> str:
    """Why nothing can be learned, or could not be examined."""
    (taught, teachers), (asked, examiners) = (_liked(rows) for rows in (train, held_out))
    if taught < LIKED_MIN or teachers < PEOPLE_MIN:
        return f"{taught} liked answers of {teachers} people may be learned from; it takes {LIKED_MIN} of {PEOPLE_MIN}."
    if asked < gate.ITEMS_MIN or examiners < gate.PEOPLE_MIN:
        few = f"{asked} liked answers of {examiners} people are kept for the exam"
        return f"{few}; it takes {gate.ITEMS_MIN} of {gate.PEOPLE_MIN} before anything is learned that could not be examined."
    return ""


def _liked(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """(answers, people)."""
    found = [str(row["person"]) for row in rows if row["kind"] == "liked" and row["prompt"]]
    return len(found), len(set(found))


def leave(where: Settings, begun: Begun) -> Walked:
    """Nothing is learned: nothing half learned stays either, for it may be of somebody who withdrew."""
    home = where.home / HOME
    for name in (RUN, "activations"):
        shutil.rmtree(home / name, ignore_errors=True)
    return Walked(begun.dataset, None, begun.why_not)


def reward(where: Settings, begun: Begun) -> head.Head | None:
    """The reward head in use."""
    return head.read(serving.file_of(where, "assistant", begun.head.number)) if begun.head else None


async def end(db: Database, where: Settings, begun: Begun, made: Made) -> Walked:
    """Write the version down, and have it tried by a few people where it passed everything."""
    sha256 = hashlib.sha256(made.file.read_bytes()).hexdigest()

    def keep(_: int) -> None:
        if made.report.passed:
            shelf.put(where, made.file, sha256)

    return await walk.written(db, where, begun, sha256, made.report, keep)
