"""The examination of an adapter, part by part. What a part found is kept, figures only and no words: an exam that was killed goes on with the
next part, and ends the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import msgspec

from bowerbird.core.whole import partly
from bowerbird.learning import gate
from bowerbird.learning.adapter import answers, foretold, sitting, suites
from bowerbird.learning.adapter.budget import Budget
from bowerbird.learning.adapter.sitting import Sitting
from bowerbird.learning.gate import Check, Report

Part = Callable[[Sitting], list[Check]]
PARTS: dict[str, tuple[Part, float]] = {  # with the seconds of computing that must be left to begin it
    "liked": (foretold.liked, 80.0),
    "pairs": (foretold.pairs, 70.0),
    "general": (foretold.general, 30.0),
    "memory": (foretold.memory, 100.0),
    "answers": (answers.written_out, 180.0),
    "tasks": (suites.tasks, 60.0),
    "safety": (suites.safety, 90.0),
    "speed": (suites.speed, 30.0),
}
NOTES = "exam.json"
Tell = Callable[[str], None]


class Notes(msgspec.Struct):
    """What was found so far. `of`: of which exam."""

    of: str
    parts: dict[str, list[Check]] = {}
    seconds: float = 0.0


def examine(exam: Sitting, home: Path, budget: Budget, tell: Tell) -> tuple[Report | None, float]:
    """(what was found; None where the minutes were used up before the last part, seconds of computing it took so far)."""
    file, of = home / NOTES, _name(exam)
    notes = msgspec.json.decode(file.read_bytes(), type=Notes) if file.exists() else Notes(of)
    if notes.of != of:
        notes = Notes(of)
    for name, (part, seconds) in PARTS.items():
        if name in notes.parts:
            continue
        if budget.left < seconds:
            return None, notes.seconds
        before = budget.left
        notes.parts[name] = part(exam)
        notes.seconds += before - budget.left
        with partly(file) as kept:
            kept.write_bytes(msgspec.json.encode(notes))
        tell(name)
    liked = [row for row in exam.rows if row["kind"] == "liked" and row["prompt"]]
    people = len({row["person"] for row in liked})
    checks = [gate.enough(len(liked), people, "liked answers"), *(check for name in PARTS for check in notes.parts[name])]
    return Report(
        model="adapter", round=exam.round, error=exam.error, items=len(liked), people=people, checks=checks
    ), notes.seconds


def _name(exam: Sitting) -> str:
    """The same for the same exam of the same adapter, by the same code."""
    told = hashlib.sha256()
    for file in sorted([*sitting.HERE.glob("*.py"), *sitting.HERE.glob("*.toml"), exam.candidate]):
        told.update(file.read_bytes())
    other = hashlib.sha256(exam.champion.read_bytes()).hexdigest() if exam.champion else ""
    judge, head = exam.means.judge, exam.head
    told.update(
        f"{other} {exam.dataset} {exam.round} {judge and judge.name} {head and head.sha256} {asdict(exam.bounds)}".encode()
    )
    return told.hexdigest()
