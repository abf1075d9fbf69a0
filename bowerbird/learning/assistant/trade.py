"""The assistant's reward head on its walk: learned from votes between answers, written as one file, examined with people it has not seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bowerbird.inference.runner.traits import Embed
from bowerbird.learning.assistant import exam, head, pair
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.datasets import files
from bowerbird.learning.datasets.ledger import Model
from bowerbird.learning.gate import Report


@dataclass(frozen=True, slots=True)
class Answers:
    """Which of several answers people like best. `embed`: what texts mean."""

    embed: Embed
    model: ClassVar[Model] = "assistant"
    too_few: ClassVar[str] = f"Fewer than {head.PAIRS_MIN} votes between answers may be learned from."

    def learn(self, dataset: Path) -> Head | None:
        """The head of all votes but those kept for the exam."""
        return head.learn(self.embed, pair.of_rows(files.read(dataset, "train")))

    def write(self, candidate: Head, file: Path) -> str:
        """As one file; its hash."""
        candidate.write(file)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def examine(self, candidate: Head, against: Path | None, dataset: Path, round_: int) -> Report:
        """Against the head in `against`; None: against a coin."""
        champion = head.read(against) if against else None
        return exam.examine(self.embed, candidate, champion, pair.of_rows(files.read(dataset, "held_out")), round_)
