"""`bowerbird learn adapter`: one walk of the language model's adapter, by hand or at night."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Mapping
from typing import Any

import click

from bowerbird.core.assets import models_dir
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import Settings, settings
from bowerbird.inference.runner import embedder, watcher
from bowerbird.inference.runner.chat import GGUF
from bowerbird.learning import commands, walking
from bowerbird.learning.adapter import exam, shelf, walk
from bowerbird.learning.adapter.budget import Budget
from bowerbird.learning.adapter.judge import Judge
from bowerbird.learning.adapter.sitting import Means
from bowerbird.learning.adapter.walk import Begun, Made
from bowerbird.learning.tuning.alone import alone
from bowerbird.learning.walk import Walked

RESERVE_S = 20.0  # of what the process may compute at most: to write down what came of it
TOXIC = ("sexual", "violence", "hate", "self_harm")


@click.command("adapter")
@click.option(
    "--cpu-minutes",
    type=click.FloatRange(min=1),
    help="Minutes of computing; unset: what the process may, else those of a night.",
)
@commands.as_json_option
def walk_adapter(cpu_minutes: float | None, as_json: bool) -> None:
    """The language model itself, from signals to a version that a few people try: dataset, training, exam, trial or rejection."""
    where = settings()
    budget = Budget(_seconds(where, cpu_minutes), began=0.0)

    def tell(said: Mapping[str, Any]) -> None:
        if as_json:
            print(json.dumps(said), file=sys.stderr, flush=True)

    try:
        with alone(where.home / walk.HOME / "walk", "Another walk of the adapter is under way."):
            found = _walked(where, budget, tell)
    except (ValueError, FileNotFoundError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble
    walking.said(found, as_json)


def _walked(where: Settings, budget: Budget, tell: walk.Tell) -> Walked:
    """Hours lie between its two transactions."""
    begun = commands.built(lambda db: walk.begin(db, where))
    shelf.tidy(where, begun.kept)
    if begun.why_not:
        return walk.leave(where, begun)
    made = _made(where, begun, budget, tell)
    if isinstance(made, Walked):
        return made
    ended = commands.done(lambda db: walk.end(db, where, begun, made))
    if ended.release:
        shutil.rmtree(where.home / walk.HOME / walk.RUN, ignore_errors=True)
        (where.home / walk.HOME / exam.NOTES).unlink(missing_ok=True)
    return ended


def _made(where: Settings, begun: Begun, budget: Budget, tell: walk.Tell) -> Made | Walked:
    try:
        from bowerbird.learning.adapter import lesson
    except ImportError as missing:
        walk.leave(where, begun)
        return Walked(begun.dataset, None, f"The extra [learn] is not installed: there is no {missing.name}.")
    embed = embedder.shared()
    reader = watcher.reader(embed)

    def toxic(text: str) -> float:
        scores = reader.read(text)
        return max(scores[name] for name in TOXIC)

    means = Means(models_dir() / GGUF, where.home / walk.HOME, embed.embed, toxic, Judge.of(where))
    return lesson.given(begun, means, begun.file(where), walk.reward(where, begun), budget, tell)


def _seconds(where: Settings, minutes: float | None) -> float:
    """What may be computed, all in all."""
    most, _ = resource.getrlimit(resource.RLIMIT_CPU)
    asked = (where.learn_cpu_minutes if minutes is None else minutes) * 60
    return (asked if most == resource.RLIM_INFINITY else min(asked, most)) - RESERVE_S
