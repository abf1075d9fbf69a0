"""What a night's minutes of computing hold: how many examples fit beside the exam, by what one cost on this machine before."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bowerbird.core.whole import partly

EXAMPLE_S, EXAM_S = 0.9, 480.0  # of one thread where nothing was measured yet; a little more than we measured
SLACK = 1.15  # on what was measured
START_S = 45.0  # reading the model, and once converting it
STEP, EXAMPLES_MIN, EXAMPLES_MAX = 100, 100, 2_000
PACE, PLAN = "pace.json", "plan.json"


@dataclass(slots=True)
class Budget:
    """So many seconds of this process's computing; `began` 0: counted from the process's start."""

    seconds: float
    began: float = field(default_factory=time.process_time)

    @property
    def left(self) -> float:
        """What is still there."""
        return self.seconds - (time.process_time() - self.began)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of computing: of learning from one example, all told, and of an exam."""

    example_s: float = EXAMPLE_S
    exam_s: float = EXAM_S

    @classmethod
    def kept(cls, home: Path) -> Pace:
        """As it was here before."""
        file = home / PACE
        return cls(**json.loads(file.read_text())) if file.exists() else cls()

    def keep(self, home: Path) -> None:
        """Know it the next time."""
        with partly(home / PACE) as part:
            part.write_text(json.dumps({"example_s": round(self.example_s, 3), "exam_s": round(self.exam_s, 1)}))

    def examples(self, seconds: float, beside: int = 0) -> int:
        """How many a night of so many seconds holds beside the exam and so many that nobody taught, in hundreds."""
        room = (seconds - START_S - SLACK * self.exam_s) / (SLACK * self.example_s) - beside
        return max(EXAMPLES_MIN, min(EXAMPLES_MAX, int(room // STEP) * STEP))


def planned(home: Path, dataset: str, seconds: float, beside: int = 0) -> int:
    """How many examples are learned from at most, `beside` those that nobody taught: said once for a dataset, so that a run that goes on is the
    same run."""
    file = home / PLAN
    plan: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if plan.get("dataset") != dataset:
        plan = {"dataset": dataset, "examples_max": Pace.kept(home).examples(seconds, beside)}
        with partly(file) as part:
            part.write_text(json.dumps(plan))
    return int(plan["examples_max"])


@dataclass(slots=True)
class Watch:
    """Hears how far a training is, and knows from it what an example costs."""

    batch: int
    ready_s: float = 0.0
    lower_s: float = 0.0  # of an example's lower half, each time it was computed
    upper: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    def hear(self, told: dict[str, Any]) -> None:
        """What training tells."""
        if told["stage"] == "ready":
            self.ready_s = told["cpu_s"]
        elif told["stage"] == "activations":
            self.lower_s = (told["cpu_s"] - self.ready_s) / told["done"]
        elif told["stage"] == "learning":
            self.upper.append((told["step"], told["cpu_s"]))

    def example_s(self, before: float) -> float:
        """Of one example; `before` where too little was heard."""
        if not self.lower_s or len(self.upper) < 2:
            return before
        (first, from_s), (last, to_s) = self.upper[0], self.upper[-1]
        return self.lower_s + (to_s - from_s) / ((last - first) * self.batch)
