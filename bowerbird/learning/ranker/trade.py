"""For You's nightly model on its walk: learned from acts, written as a folder, examined with the last act of each of some people."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import nights
from bowerbird.learning import gate
from bowerbird.learning.datasets import files as datasets
from bowerbird.learning.datasets.ledger import Model as Name
from bowerbird.learning.gate import Check, Report
from bowerbird.learning.ranker import files, night
from bowerbird.learning.ranker.exam import Exam, popular_score
from bowerbird.learning.ranker.foretelling import by_neighbours, by_vectors
from bowerbird.learning.ranker.night import Effort, Model, Tuned
from bowerbird.learning.ranker.taken import Taken

SINCE_MIN = gate.PEOPLE_MIN  # people whose last act the version in use has not seen
DOUBT = 0.2  # it is worse where it looks so by no more than this chance
WHAT = "NDCG among the first 20"


@dataclass(frozen=True, slots=True)
class Learned:
    """What is served, from every act; and by which penalties, chosen without the acts of the exam."""

    model: Model
    by: Tuned


@dataclass(frozen=True, slots=True)
class Acts:
    """What people take of what they are shown. `say`: hears how far it is."""

    effort: Effort
    say: Callable[[str], None]
    model: ClassVar[Name] = "ranker"
    too_few: ClassVar[str] = f"Fewer than {night.PAIRS_MIN} acts may be learned from."

    def learn(self, dataset: Path) -> Learned | None:
        """The night of all acts, with penalties that were chosen without the last of each person."""
        taken = of_dataset(dataset)
        exam = Exam.of(taken)
        if len(exam.before.users) < night.PAIRS_MIN:
            return None
        by = night.tuned(exam.before, self.effort, self.say)
        return Learned(night.fitted(taken, by), by)

    def write(self, candidate: Learned, file: Path) -> str:
        """As a folder of arrays; the hash of their hashes."""
        return files.write(candidate.model, file)

    def examine(self, candidate: Learned, against: Path | None, dataset: Path, round_: int) -> Report:
        """The same penalties on all acts but the last of each person, against what is popular, and against the night in `against`."""
        champion = nights.read(against, time.time_ns() // 1_000_000) if against else None
        return examined(candidate.by, Exam.of(of_dataset(dataset)), champion, round_)


def of_dataset(folder: Path) -> Taken:
    """The acts of a dataset as arrays."""
    rows = datasets.read(folder, "train")
    people = [int(row["person"], 16) >> 1 for row in rows]
    return Taken.of(people, [row["item_id"] for row in rows], [row["weight"] for row in rows], [row["at_ms"] for row in rows])


def examined(by: Tuned, exam: Exam, champion: nights.Night | None, round_: int) -> Report:
    """Each person's last act counts once."""
    error = gate.share(round_)
    people = [str(person) for person in exam.people]
    checks = [gate.enough(len(people), len(people), "last acts")]
    if people:
        read = _read(night.fitted(exam.before, by))
        new, popular = exam.gains(by_vectors(exam.before, read)), exam.gains(popular_score(exam.before))
        near = exam.gains(by_neighbours(exam.before, read))
        checks += [
            gate.better(
                "popular",
                f"Foretells what people take next better than what is popular does ({WHAT})",
                new,
                popular,
                people,
                error,
            ),
            gate.no_worse("neighbours", "So does what goes with what they took", near, popular, people),
        ]
        if champion is not None:
            checks += _since(exam, champion, new)
    return Report(model="ranker", round=round_, error=error, items=len(people), people=len(people), checks=checks)


def _since(exam: Exam, champion: nights.Night, new: NDArray[np.float64]) -> list[Check]:
    """Against the night in use, by those acts alone that it has not seen."""
    unseen = exam.times_ms > champion.learned_ms
    people = [str(person) for person in exam.people[unseen]]
    enough = Check(
        name="since", text=f"At least {SINCE_MIN} people acted since the one in use was made", value=float(len(people)), limit=float(SINCE_MIN),
        passed=len(people) >= SINCE_MIN,
    )  # fmt: skip
    if not enough.passed:
        return [enough]
    later = replace(exam, people=exam.people[unseen], answers=exam.answers[unseen], times_ms=exam.times_ms[unseen])
    old, fresh = later.gains(by_vectors(exam.before, champion)), new[unseen]
    same = gate.no_worse(
        "in_use", f"Not worse than the one in use beyond chance, on what came since ({WHAT})", fresh, old, people
    )
    worse = gate.chance(old - fresh, people)  # the same recipe on newer acts: to keep what is older, there must be a sign of harm
    return [enough, msgspec.structs.replace(same, passed=same.passed or worse > DOUBT, chance=worse)]


def _read(model: Model) -> nights.Night:
    """A night as the feed would read it."""
    return nights.Night(model.posts, model.vectors, model.neighbour_rows, model.neighbour_weights, model.l2, model.alpha)
