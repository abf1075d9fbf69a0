"""The commands over what For You ranks by: rankers, comparisons, promotion, rollback. Answers are JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound, Trouble

if TYPE_CHECKING:  # numbers are loaded only by the commands that need them, after main has said how many threads they may have
    from bowerbird.feed.comparisons import Comparison

Run = Callable[[Callable[[Database], Awaitable[Any]]], Any]


def add_to(main: click.Group, run: Run) -> None:
    """These commands as `bowerbird feed-rankers`; `run` does a verb in a transaction."""
    group = click.Group("feed-rankers", help="What For You ranks by: write rankers, compare, promote, roll back.")
    main.add_command(group)

    def said(verb: Callable[[Database], Awaitable[Any]]) -> None:
        click.echo(json.dumps(run(verb)))

    _written(group, said)
    _compared(group, said)


def _written(group: click.Group, said: Callable[..., None]) -> None:
    @group.command("list")
    def list_() -> None:  # pyright: ignore[reportUnusedFunction]
        """What ranks, what competes with it, and every ranker there is."""
        from bowerbird.feed import board, definitions

        async def read(db: Database) -> dict[str, Any]:
            found = await board.read(db)
            return {
                "champion": found.champion.name if found.champion else definitions.HOUSE,
                "running": _told(found.running.one) if found.running else None,
                "rankers": [{"name": one.name, "hash": one.hash, "said": one.said} for one in found.rankers],
                "rollback_to": found.before,
            }

        said(read)

    @group.command("add")
    @click.argument("name")
    @click.option(
        "--values", type=click.Path(exists=True, dir_okay=False), help="A JSON file: {worth: {like: 1, …}, limits: {…}}."
    )
    @click.option(
        "--file", "trained", type=click.Path(exists=True, dir_okay=False), help="An .npz of a ranker that was trained elsewhere."
    )
    @click.option("--said", "what", default="", help="What it is for.")
    def add(name: str, values: str | None, trained: str | None, what: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Write a ranker down; what is left out is as the house has it."""
        from bowerbird.feed import ranker_files, rankers
        from bowerbird.feed.definitions import Draft

        try:
            draft = msgspec.json.decode(Path(values).read_bytes() if values else b"{}", type=dict[str, Any])
            whole = msgspec.convert({**draft, "name": name, "said": what}, Draft)
            if trained:
                whole.file = ranker_files.put(Path(trained).read_bytes())
        except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
            raise click.ClickException(f"That file of values cannot be read: {wrong}") from wrong
        except Trouble as trouble:
            raise click.ClickException(trouble.said) from trouble

        async def make(db: Database) -> dict[str, str]:
            made = await rankers.make(db, None, whole)
            return {"name": made.name, "hash": made.hash}

        said(make)


def _compared(group: click.Group, said: Callable[..., None]) -> None:
    @group.command("start")
    @click.argument("challenger")
    @click.option(
        "--share", default=1.0, show_default=True, type=click.FloatRange(0.01, 1.0), help="Of the people who take part."
    )
    def start(challenger: str, share: float) -> None:  # pyright: ignore[reportUnusedFunction]
        """Let a ranker compete with the one in force."""
        from bowerbird.feed import comparisons

        async def begin(db: Database) -> dict[str, Any]:
            return _told(await comparisons.start(db, None, challenger, share))

        said(begin)

    @group.command("stop")
    @click.option("--reason", default="")
    def stop(reason: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Stop the comparison that runs, without a winner."""
        from bowerbird.feed import comparisons

        async def end(db: Database) -> dict[str, Any]:
            return _told(await comparisons.stop(db, None, (await _running(db)).id, reason))

        said(end)

    @group.command("promote")
    @click.option("--reason", default="")
    def promote(reason: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Let the challenger of the comparison that runs rank from now on."""
        from bowerbird.feed import comparisons

        async def enthrone(db: Database) -> dict[str, Any]:
            return _told(await comparisons.promote(db, None, (await _running(db)).id, reason))

        said(enthrone)

    @group.command("rollback")
    @click.option("--reason", default="")
    def rollback(reason: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Rank by what was ranked by before the last promotion."""
        from bowerbird.feed import comparisons, rankers

        async def back(db: Database) -> dict[str, str]:
            now = await comparisons.roll_back(db, None, reason)
            return {"champion": (await rankers.by_id(db, now.ranker_id)).name, "reason": now.reason}

        said(back)


async def _running(db: Database) -> Comparison:
    from bowerbird.feed import comparisons

    found = await comparisons.running(db)
    if found is None:
        raise NotFound("No comparison is running.")
    return found


def _told(one: Comparison) -> dict[str, Any]:
    poll = one.told.poll
    return {
        "id": str(one.id), "state": one.state, "reason": one.reason, "share": one.share, "people": poll.people, "vote": poll.mean,
        "between": [poll.low, poll.high], "won": one.told.won,
    }  # fmt: skip
