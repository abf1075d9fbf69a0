"""`bowerbird learn …`: a process of its own, for it loads models."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from bowerbird.core.database import Database
from bowerbird.inference.runner.embedder import Embedder
from bowerbird.learning import commands, walking
from bowerbird.learning.adapter import command as adapter
from bowerbird.learning.pictures import community
from bowerbird.learning.pictures.material import SHARD_SCENES, Item, write_shard
from bowerbird.learning.ranker import boosting, files, slates
from bowerbird.learning.tuning import command as tuning

T = TypeVar("T")


@click.group()
def main() -> None:
    """Learn from what people agreed to teach."""


@main.command("challenger")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def learn_challenger(file: Path, as_json: bool) -> None:
    """Learn trees from the pages that were shown, and write them to FILE: a ranker for `feed-rankers add NAME --file FILE` to compare."""
    trees, figures = boosting.boosted(_read(slates.gathered))
    if not trees.asked.size:
        raise click.ClickException(
            "Too little came of the pages that were shown: no outcome is foretold any better than by a constant."
        )
    files.write_trees(trees, file)
    click.echo(
        json.dumps({"file": str(file), "digest": trees.digest, "heads": figures})
        if as_json
        else f"Trees for {len(figures)} outcomes: {file}"
    )


@main.command("liked")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--likes-min", default=community.LIKES_MIN, show_default=True, help="How many likes a picture's post has at least.")
def gather_liked(folder: Path, likes_min: int) -> None:
    """Write liked pictures whose makers agreed to FOLDER, in the format the painter learns from."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: what was withdrawn since would stay in it. Choose a new one.")
    items = _read(lambda db: _liked(db, likes_min))
    embedder = Embedder.load()
    for number, start in enumerate(range(0, len(items), SHARD_SCENES)):
        write_shard(folder, number, items[start : start + SHARD_SCENES], embedder, large=True)
    click.echo(f"{len(items)} pictures in {folder}.")


def _read(verb: Callable[[Database], Awaitable[T]]) -> T:
    return commands.done(verb, writing=False)


async def _liked(db: Database, likes_min: int) -> list[Item]:
    return [item async for item in community.liked(db, likes_min=likes_min)]


for one in (*commands.COMMANDS, *walking.COMMANDS, adapter.walk_adapter, tuning.tune):
    main.add_command(one)

if __name__ == "__main__":
    main()
