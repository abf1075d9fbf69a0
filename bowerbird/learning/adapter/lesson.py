"""Training and exam of one adapter, as far as a night's minutes go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bowerbird.learning import train_assistant
from bowerbird.learning.adapter import exam
from bowerbird.learning.adapter.budget import Budget, Pace, Watch, planned
from bowerbird.learning.adapter.sitting import Bounds, Means, Row, Sitting
from bowerbird.learning.adapter.walk import RUN, Begun, Made, Tell
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.datasets import files
from bowerbird.learning.train_assistant import Recipe
from bowerbird.learning.tuning import rehearsal
from bowerbird.learning.walk import Walked


def given(
    begun: Begun, means: Means, champion: Path | None, judge_head: Head | None, budget: Budget, tell: Tell,
    recipe: Recipe | None = None, bounds: Bounds | None = None,
) -> Made | Walked:  # fmt: skip
    """What was learned and what the exam found; or how far it is, where it goes on next night.

    Raises ValueError where another is under way, FileNotFoundError where the dataset was taken away meanwhile."""
    home, limits = means.home, bounds or Bounds()
    held_out: Sequence[Row] = files.read(begun.folder, "held_out")
    pace = Pace.kept(home)
    asked = replace(recipe or Recipe(rehearsed=True), canaries=limits.canaries)
    own = rehearsal.rows(means.gguf, home, lambda: budget.left <= 0) if asked.rehearsed else []
    if own is None:
        return _later(begun, "The minutes of this night are used up before it has said what it knows", "out_of_budget")
    asked = replace(asked, examples_max=planned(home, begun.dataset.hash, budget.left, len(own) + asked.canaries))
    watch = Watch(asked.batch)

    def hear(told: dict[str, Any]) -> None:
        watch.hear(told)
        tell(told)

    found = train_assistant.train(begun.folder, home / RUN, home, means.gguf, asked, budget_s=budget.left, tell=hear)
    pace = replace(pace, example_s=watch.example_s(pace.example_s))
    pace.keep(home)
    if found.state != "done":
        why = "It is paused by a file called stop" if found.state == "paused" else "The minutes of this night are used up"
        return _later(begun, f"{why}: {found.step} of {found.steps} steps of learning are done", found.state)
    file = found.out / train_assistant.ADAPTER
    sitting = Sitting(means, file, champion, begun.dataset.hash, held_out, judge_head, begun.round, limits)
    report, seconds = exam.examine(
        sitting, home, budget, lambda part: tell({"stage": "exam", "part": part, "left_s": round(budget.left)})
    )
    if report is None:
        return Walked(
            begun.dataset,
            None,
            "It has learned; the minutes of this night are used up before the end of its exam, which goes on next night.",
            "examining",
        )
    replace(pace, exam_s=seconds).keep(home)
    return Made(file, report)


def _later(begun: Begun, why: str, state: str) -> Walked:
    return Walked(begun.dataset, None, f"{why}. It goes on next night, unless what may be learned from changes.", state)
