"""`bowerbird learn …`: a process of its own, for it loads models."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.feed import nights
from bowerbird.inference import registry
from bowerbird.inference.runner.embedder import Embedder
from bowerbird.learning import commands
from bowerbird.learning.pictures import community, reward
from bowerbird.learning.pictures.material import SHARD_SCENES, Item, write_shard
from bowerbird.learning.ranker import boosting, files, house, night, slates
from bowerbird.learning.ranker.taken import Floats, Taken
from bowerbird.learning.tuning import command as tuning

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


@main.command("ranker")
@click.option(
    "--effort", type=click.Choice(sorted(night.EFFORTS)), default="nightly", show_default=True, help="How long to search."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def learn_ranker(effort: str, as_json: bool) -> None:
    """Learn from what people took which posts go together; For You goes by it within a minute."""
    taken, meanings = _read(_taken)
    try:
        model = night.learned(taken, night.EFFORTS[effort], meanings, say=lambda text: click.echo(text, err=True))
    except ValueError as few:
        raise click.ClickException(str(few)) from few
    folder = settings().home / nights.FOLDER
    digest = files.write(model, folder)
    figures = {
        name: model.figures[name] for name in ("pairs", "people", "posts", "popular", "ials", "ease") if name in model.figures
    }
    said = {"sha256": digest, **figures}
    click.echo(json.dumps(said) if as_json else f"Learned from {said['pairs']} acts of {said['people']} people: {folder}")


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


async def _taken(db: Database) -> tuple[Taken, Floats]:
    return await house.from_house(db), await house.meanings(db)


async def _liked(db: Database, likes_min: int) -> list[Item]:
    return [item async for item in community.liked(db, likes_min=likes_min)]


for one in (*commands.COMMANDS, tuning.tune):
    main.add_command(one)

if __name__ == "__main__":
    main()
