"""`bowerbird learn dataset | releases | promote | rollback | preferences | export`: versions, votes from elsewhere, and what may leave."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from bowerbird.core import command
from bowerbird.core.database import Database
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import Settings, settings
from bowerbird.inference.runner import embedder
from bowerbird.learning import keepers, releases
from bowerbird.learning.assistant import exam, head, loaders
from bowerbird.learning.datasets import building, export, ledger
from bowerbird.learning.releases import Release

T = TypeVar("T")
MODELS = click.Choice(ledger.MODELS)
RELEASED = click.Choice([*ledger.MODELS, releases.ADAPTER])
APART_OF = 3  # every third group of a file is what it is examined with
why_option = click.option(
    "--why", default="No reason was given.", show_default=True, help="Stands with it on the administrators' page."
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON.")


def done(verb: Callable[[Database], Awaitable[T]], *, writing: bool = True) -> T:
    """A verb on the house's database, its trouble as a sentence."""
    try:
        return command.run(settings(), verb, writing=writing)
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


def built(verb: Callable[[Database], Awaitable[T]]) -> T:
    """One that builds a dataset: in its turn, and in a snapshot that is taken then."""
    try:
        return command.run(settings(), verb, snapshot=True, turn=building.turn)
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


def settled(where: Settings) -> None:
    """Serve what the ledger says, now that it says it."""
    done(lambda db: releases.settle(db, where))


def line(one: Release) -> dict[str, Any]:
    """A version on one line."""
    return {
        "release": one.name, "state": one.state, "share": one.share, "reason": one.reason, "since": one.since.isoformat() if one.since else None,
        "report": msgspec.to_builtins(one.found),
    }  # fmt: skip


def stands(one: Release) -> str:
    """How it stands, in words."""
    return f"tried by {one.share} % of the people" if one.state == "trial" else one.state.replace("_", " ")


@click.command("dataset")
@click.argument("model", type=MODELS)
@as_json_option
def build_dataset(model: ledger.Model, as_json: bool) -> None:
    """Build the dataset of what people agreed to teach MODEL: Parquet with a card, the same bytes for the same signals."""
    where = settings()
    dataset, folder = built(lambda db: building.build(db, where, model))
    left = dataset.facts.left_out
    said = {
        "dataset": dataset.hash, "id": str(dataset.id), "items": dataset.items, "people": dataset.people, "excluded": sum(left.values()),
        "reasons": left, "folder": str(folder),
    }  # fmt: skip
    told = f"{dataset.items} items of {dataset.people} people, {sum(left.values())} signals left out: {folder}"
    click.echo(json.dumps(said) if as_json else told)


@click.command("releases")
@as_json_option
def list_releases(as_json: bool) -> None:
    """Every version that was made, the newest first, those that did not pass among them."""
    found = done(releases.latest)
    if as_json:
        click.echo(json.dumps([line(one) for one in found]))
    else:
        click.echo("\n".join(f"{one.name}: {stands(one)}. {one.reason}" for one in found) or "None was made yet.")


@click.command("promote")
@click.argument("model", type=RELEASED)
@click.argument("number", type=int)
@why_option
def promote(model: str, number: int, why: str) -> None:
    """Put a version that passed the gate into use."""
    where = settings()
    one = done(lambda db: keepers.promote(db, None, model, number, why, where))
    settled(where)
    click.echo(json.dumps(line(one)))


@click.command("rollback")
@click.argument("model", type=RELEASED)
@why_option
def rollback(model: str, why: str) -> None:
    """Go back to the version that was in use before; to none where there was none."""
    where = settings()
    found = done(lambda db: keepers.rollback(db, None, model, why, where))
    settled(where)
    click.echo(json.dumps(line(found) if found else {"release": None, "state": "none in use"}))


@click.command("preferences")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@as_json_option
def preferences(file: Path, as_json: bool) -> None:
    """Learn from a FILE of votes (JSON lines, JSON or Parquet with chosen and rejected) and say how well the rest of it is foretold.

    Reads no house and keeps nothing: what the same code that learns from people here makes of votes from elsewhere."""
    try:
        pairs = loaders.read(file)
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    groups = sorted({one.group for one in pairs}, key=head.order)
    apart = set(groups[::APART_OF])
    embed = embedder.shared().embed
    candidate = head.learn(embed, [one for one in pairs if one.group not in apart])
    if candidate is None:
        raise click.ClickException(
            f"{len(pairs)} votes are too few: {head.PAIRS_MIN} are needed to learn from, others to be examined with."
        )
    held = [one for one in pairs if one.group in apart]
    report = exam.examine(embed, candidate, None, held, 1)
    said: dict[str, Any] = {
        "pairs": len(pairs),
        "groups": len(groups),
        "learned_from": candidate.pairs,
        "examined_with": len(held),
    }
    said |= {
        check.name: {"value": check.value, "low": check.low, "high": check.high, "before": check.before, "chance": check.chance}
        for check in report.checks[1:]
    }
    if as_json:
        click.echo(json.dumps(said | {"passed": report.passed}))
        return
    click.echo(f"Learned from {candidate.pairs} votes, examined with {len(held)} others that share neither person nor question:")
    for check in report.checks[1:]:
        click.echo(f"  {check.value:.3f} [{check.low:.3f}, {check.high:.3f}] beside {check.before:.3f}: {check.text}")


@click.command("export")
@click.argument("model", type=MODELS)
@click.argument("folder", type=click.Path(path_type=Path))
@as_json_option
def export_public(model: ledger.Model, folder: Path, as_json: bool) -> None:
    """Write what may leave the house of MODEL's dataset, as it is now, to FOLDER, in the forms that trainers elsewhere read."""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: what was withdrawn since would stay in it. Choose a new one.")
    where = settings()
    _, dataset = built(lambda db: building.build(db, where, model))
    told = export.write(model, dataset, folder)
    click.echo(json.dumps(told) if as_json else "\n".join(f"{name}: {lines}" for name, lines in told.items()))


COMMANDS = (build_dataset, list_releases, promote, rollback, preferences, export_public)
