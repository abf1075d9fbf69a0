"""`bowerbird learn assistant | reward | ranker`: the walks from signals to a version, each in a process of its own."""

from __future__ import annotations

import json
from typing import TypeVar

import click

from bowerbird.core.settings import settings
from bowerbird.inference.runner import embedder
from bowerbird.learning import walk
from bowerbird.learning.commands import as_json_option, done
from bowerbird.learning.pictures.trade import Picks
from bowerbird.learning.ranker import night
from bowerbird.learning.ranker.trade import Acts
from bowerbird.learning.walk import Trade, Walked

T = TypeVar("T")


@click.command("assistant")
@as_json_option
def assistant(as_json: bool) -> None:
    """Which answers people like best: dataset, training, gate, release or rejection."""
    where = settings()
    said(done(lambda db: walk.assistant(db, where, embedder.shared().embed), snapshot=True), as_json)


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
    said(done(lambda db: walk.through(db, where, trade), snapshot=True), as_json)


def said(found: Walked, as_json: bool) -> None:
    """Say where a walk led."""
    if as_json:
        click.echo(json.dumps(found.said))
    elif found.release is None:
        click.echo(found.why_not)
    else:
        click.echo(f"{found.release.name}: {found.release.state.replace('_', ' ')}. {found.release.reason}")


COMMANDS = (assistant, reward, ranker)
