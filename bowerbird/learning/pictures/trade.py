"""The picture models' reward head on its walk: learned from picks, written as one file, examined with people it has not seen."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from bowerbird.inference.runner import eye
from bowerbird.learning import gate
from bowerbird.learning.datasets import files
from bowerbird.learning.datasets.ledger import Model
from bowerbird.learning.datasets.sieve import Split
from bowerbird.learning.gate import Report
from bowerbird.learning.pictures import reward
from bowerbird.learning.pictures.reward import Choice, Reward


@dataclass(frozen=True, slots=True)
class Picks:
    """Which of several pictures people pick."""

    model: ClassVar[Model] = "pictures"
    too_few: ClassVar[str] = f"Fewer than {reward.PAIRS_MIN} comparisons of pictures may be learned from."

    def learn(self, dataset: Path) -> Reward | None:
        """The head of all picks but those kept for the exam."""
        return reward.learn(list(choices(dataset, "train")))

    def write(self, candidate: Reward, file: Path) -> str:
        """As one file; its hash."""
        candidate.write(file)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def examine(self, candidate: Reward, against: Path | None, dataset: Path, round_: int) -> Report:
        """Against the head in `against`; None: against chance."""
        return examined(candidate, reward.read(against) if against else None, list(choices(dataset, "held_out")), round_)


def examined(candidate: Reward, champion: Reward | None, picks: Sequence[Choice], round_: int) -> Report:
    """Candidate against champion (None: chance) on picks of people neither has learned from."""
    people, error = [one.person for one in picks], gate.share(round_)
    checks = [gate.enough(len(picks), len(set(people)), "picks")]
    if picks:
        new, blind = candidate.right(picks), np.array([1 / (1 + len(one.others)) for one in picks])
        first = np.array([float(one.place == 0) for one in picks])
        name = "the one in use" if champion else "chance"
        old = champion.right(picks) if champion else blind
        checks += [
            gate.better("picks", f"Foretells which picture people pick, more often than {name}", new, old, people, error),
            gate.no_worse("first", "Not worse than always the one that was shown first", new, first, people),
        ]
        if champion:
            checks.append(gate.no_worse("chance", "Not worse than chance", new, blind, people))
    return Report(model="pictures", round=round_, error=error, items=len(picks), people=len(set(people)), checks=checks)


def choices(dataset: Path, split: Split) -> Iterator[Choice]:
    """The picks of a dataset, as a small network sees their pictures (`eye.py`). One whose pictures cannot be read teaches nothing."""
    for rows in files.read_by_parts(dataset, split):
        picks = [(row, seen) for row in rows if row["kind"] == "pick" and (seen := _seen(row))]
        features = eye.shared().features([picture for _, seen in picks for picture in seen])
        at = 0
        for row, seen in picks:
            own, at = features[at : at + len(seen)], at + len(seen)
            yield Choice(row["person"], own[0], own[1:], row["place"])


def _seen(row: Mapping[str, Any]) -> list[Image.Image]:
    """The picked one and the others; none where any is lost."""
    try:
        return [
            Image.fromarray(eye.seen(Image.open(io.BytesIO(place["bytes"] or b"")))) for place in (row["image"], *row["others"])
        ]
    except OSError:
        return []
