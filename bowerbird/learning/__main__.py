"""`bowerbird learn …`: a process of its own, for it loads models."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from bowerbird.core import command
from bowerbird.core.database import Database
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import settings
from bowerbird.inference import registry
from bowerbird.inference.runner.embedder import Embedder
from bowerbird.learning.pictures import community, reward
from bowerbird.learning.pictures.material import SHARD_SCENES, Item, write_shard

T = TypeVar("T")


@click.group()
def main() -> None:
    """Learn from what people agreed to teach."""


@main.command("reward")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def learn_reward(as_json: bool) -> None:
    """Learn from people's picks which pictures are picked gladly; the runner uses it at once."""
    where = settings()
    choices = _read(community.picks)
    head = reward.learn(choices)
    if head is None:
        raise click.ClickException(
            f"{len(choices)} picks that may be learned from are too few: {reward.PAIRS_MIN} comparisons are needed."
        )
    file = registry.home(where) / registry.REWARD
    file.parent.mkdir(parents=True, exist_ok=True)
    head.write(file)
    said = {"pairs": head.pairs, "people": head.people, "right": head.right, "chance": head.chance, "sha256": head.sha256}
    click.echo(json.dumps(said) if as_json else f"Learned from {head.pairs} comparisons of {head.people} people: {file}")


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
    try:
        return command.run(settings(), verb, writing=False)
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


async def _liked(db: Database, likes_min: int) -> list[Item]:
    return [item async for item in community.liked(db, likes_min=likes_min)]


if __name__ == "__main__":
    main()
