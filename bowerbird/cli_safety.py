"""The commands of those who keep a house safe: appeals, the block list, the log of decisions. Answers are JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # every process of a house begins as a command: what one command needs is read when it is called
    from bowerbird.core.database import Database
    from bowerbird.moderation.appeals import Appeal, Said
    from bowerbird.moderation.blocklist import Blocked
    from bowerbird.moderation.decisions import Decided

Run = Callable[[Callable[["Database"], Awaitable[Any]]], Any]


def add_to(admin: click.Group, run: Run) -> None:
    """These commands below `bowerbird admin`; `run` does a verb in a transaction."""

    def said(verb: Callable[[Database], Awaitable[Any]]) -> None:
        click.echo(json.dumps(run(verb)))

    _appeals(admin, said)
    _blocklist(admin, said)

    @admin.command("decisions")
    @click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
    def log(limit: int) -> None:  # pyright: ignore[reportUnusedFunction]
        """The end of the log of decisions, the newest first."""
        from bowerbird.moderation import decisions

        async def read(db: Database) -> list[dict[str, Any]]:
            return [_decision(one) for one in await decisions.latest(db, limit=limit)]

        said(read)


def _appeals(admin: click.Group, said: Callable[..., None]) -> None:
    group = click.Group("appeals", help="What people say against decisions.")
    admin.add_command(group)

    @group.command("list")
    def waiting() -> None:  # pyright: ignore[reportUnusedFunction]
        """Those that wait, the oldest first, each with its decision."""
        from bowerbird.moderation import appeals, decisions

        async def read(db: Database) -> list[dict[str, Any]]:
            found = await appeals.waiting(db)
            against = {one.id: one for one in await decisions.by_ids(db, [appeal.decision_id for appeal in found])}
            return [_appeal(one) | {"decision": _decision(against[one.decision_id])} for one in found]

        said(read)

    @group.command("decide")
    @click.argument("appeal_id", type=int)
    @click.argument("how", type=click.Choice(["upheld", "granted"]))
    @click.option("--answer", default="", help="What the person reads.")
    def decide(appeal_id: int, how: Said, answer: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """upheld: the refusal stays. granted: exactly the same passes for that person from now on."""
        from bowerbird.moderation import appeals

        async def do(db: Database) -> dict[str, Any]:
            return _appeal(await appeals.decide(db, appeal_id, how, answer))

        said(do)


def _blocklist(admin: click.Group, said: Callable[..., None]) -> None:
    group = click.Group("blocklist", help="Pictures that are not taken in, by their PDQ hash.")
    admin.add_command(group)

    @group.command("add")
    @click.argument("what")
    @click.option("--why", required=True)
    def add(what: str, why: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Block WHAT: a PDQ hash of 64 digits, or a picture file, of which only the hash is kept."""
        from bowerbird.moderation import blocklist

        async def do(db: Database) -> dict[str, str]:
            hex_, quality = await _hash(what) if await asyncio.to_thread(Path(what).is_file) else (what, 100)
            return _blocked(await blocklist.add(db, hex_, why, quality=quality))

        said(do)

    @group.command("list")
    @click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
    def list_(limit: int) -> None:  # pyright: ignore[reportUnusedFunction]
        """The newest first."""
        from bowerbird.moderation import blocklist

        async def read(db: Database) -> list[dict[str, str]]:
            return [_blocked(one) for one in await blocklist.of(db, limit=limit)]

        said(read)

    @group.command("remove")
    @click.argument("pdq_hash")
    def remove(pdq_hash: str) -> None:  # pyright: ignore[reportUnusedFunction]
        """Let it in again."""
        from bowerbird.moderation import blocklist

        async def do(db: Database) -> dict[str, str]:
            await blocklist.remove(db, pdq_hash)
            return {"removed": pdq_hash}

        said(do)


async def _hash(file: str) -> tuple[str, int]:
    """Through the same decoding as an upload, so that both hash alike."""
    from bowerbird.media import attachments
    from bowerbird.moderation import blocklist

    made = await attachments.prepare(await asyncio.to_thread(Path(file).read_bytes))
    return await blocklist.hash_of(made.small)


def _decision(one: Decided) -> dict[str, Any]:
    return {
        "id": str(one.id), "at": one.made_at.isoformat(), "account": str(one.account_id), "stage": one.stage, "decision": one.decision,
        "rule": one.rule_id, "rules_version": one.rules_version, "rules_hash": one.rules_hash, "engine": one.engine, "scores": one.scores,
        "words": one.words, "subject": str(one.subject_id) if one.subject_id else None,
    }  # fmt: skip


def _appeal(one: Appeal) -> dict[str, Any]:
    return {
        "id": str(one.id), "by": str(one.account_id), "at": one.made_at.isoformat(), "text": one.text, "state": one.state,
        "answer": one.answer, "decision_id": str(one.decision_id),
    }  # fmt: skip


def _blocked(one: Blocked) -> dict[str, str]:
    return {"hash": one.hex, "why": one.why, "added_at": one.added_at.isoformat()}
