"""`bowerbird learn assistant | reward | ranker`: the walks from signals to a version, each in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import click

from bowerbird.core.settings import Settings, settings
from bowerbird.inference.runner import embedder
from bowerbird.learning import serving, walk
from bowerbird.learning.assistant.trade import Answers
from bowerbird.learning.commands import as_json_option, built, done, settled
from bowerbird.learning.pictures.trade import Picks
from bowerbird.learning.ranker import night
from bowerbird.learning.ranker.trade import Acts
from bowerbird.learning.tuning.alone import alone
from bowerbird.learning.walk import Trade, Walked

T = TypeVar("T")


@click.command("assistant")
@as_json_option
def assistant(as_json: bool) -> None:
    """Which answers people like best: dataset, training, gate, release or rejection."""
    _walk(Answers(embedder.shared().embed), as_json)


@click.command("reward")
@as_json_option
def reward(as_json: bool) -> None:
    """Which pictures people pick: dataset, training, gate, release or rejection. What is released ranks the tries of a generation at once."""
    _walk(Picks(), as_json)


@click.command("ranker")
@click.option(
    "--effort", type=click.Choice(sorted(night.EFFORTS)), default="nightly", show_default=True, help="How long to search."
)
@as_json_option
def ranker(effort: str, as_json: bool) -> None:
    """Which posts go together: dataset, training, gate, release or rejection. For You goes by what is released within a minute."""
    _walk(Acts(night.EFFORTS[effort], lambda text: click.echo(text, err=True)), as_json)


def _walk(trade: Trade[T], as_json: bool) -> None:
    where = settings()
    with _alone(where, trade.model):
        said(walked(where, trade), as_json)


@contextmanager
def _alone(where: Settings, model: str) -> Generator[None]:
    """One walk of a model at a time in a house: two would take each other's files away."""
    with ExitStack() as held:
        try:
            held.enter_context(
                alone(where.home / "releases" / f"{model}.walk", f"Another walk of the {model} model is under way.")
            )
        except ValueError as taken:
            raise click.ClickException(str(taken)) from taken
        yield


def walked(where: Settings, trade: Trade[T]) -> Walked:
    """From the dataset to what is served. What takes long lies between its transactions."""
    begun = built(lambda db: walk.begin(db, where, trade.model))
    settled(where)
    if begun.why_not:
        return Walked(begun.dataset, None, begun.why_not)
    try:
        made = walk.learned(where, trade, begun)
        if isinstance(made, Walked):
            return made
        ended = done(lambda db: walk.end(db, where, begun, made))
    finally:
        serving.gone(serving.candidate_of(where, trade.model))  # unless it has its place now
    settled(where)
    return ended


def said(found: Walked, as_json: bool) -> None:
    """Say where a walk led."""
    if as_json:
        click.echo(json.dumps(found.said))
    elif found.release is None:
        click.echo(found.why_not)
    else:
        click.echo(f"{found.release.name}: {found.release.state.replace('_', ' ')}. {found.release.reason}")


COMMANDS = (assistant, reward, ranker)
