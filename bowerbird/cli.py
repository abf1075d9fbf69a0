"""The commands: `bowerbird run | serve | work | models | migrate | admin | demo | doctor`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import click
from granian.log import LogLevels

from bowerbird import __version__
from bowerbird.core import kin
from bowerbird.core.errors import Misconfigured, Trouble
from bowerbird.core.settings import Settings, settings

T = TypeVar("T")


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Bowerbird: an open social network for people who make pictures with AI together."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # shared cores: spinning threads cost more than they bring
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    kin.follow_supervisor()
    try:
        settings()
    except Misconfigured as wrong:
        raise click.ClickException(f"A setting does not fit: {wrong.said}") from wrong


@main.command()
def run() -> None:
    """Everything on this machine: database, models, web server, worker."""
    from bowerbird import supervise

    asyncio.run(supervise.run(settings()))


@main.command()
def serve() -> None:
    """The web server only."""
    from granian.constants import Interfaces
    from granian.server import Server

    where = settings()
    Server(
        "bowerbird.app:application", address=where.host, port=where.port, interface=Interfaces.ASGI, workers=where.web_processes,
        factory=True, websockets=False, log_level=_said_by_granian(where), respawn_failed_workers=True, workers_kill_timeout=5,
    ).serve()  # fmt: skip


@main.command()
def models() -> None:
    """The embedded models' process only."""
    from granian.constants import Interfaces
    from granian.server import Server

    where = settings()
    Server(
        "bowerbird.inference.runner.server:application", address="127.0.0.1", port=where.runner_port, interface=Interfaces.ASGI,
        factory=True, websockets=False, log_level=_said_by_granian(where), respawn_failed_workers=True, workers_kill_timeout=3,
    ).serve()  # fmt: skip


@main.command()
def work() -> None:
    """The worker only."""
    from bowerbird import worker

    worker.main()


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    from bowerbird.core import embedded
    from bowerbird.core import migrate as migrations

    with embedded.url(settings()) as url:
        applied = migrations.migrate(url)
    click.echo("\n".join(applied) or "The database is up to date.")


@main.command()
def doctor() -> None:
    """Say what is wrong and how to mend it."""
    from bowerbird import doctor as checks

    if not asyncio.run(checks.examine(settings())):
        raise SystemExit(1)


@main.command()
@click.option("--people", default=20, show_default=True, help="How many people.")
@click.option("--posts", default=240, show_default=True, help="How many posts.")
def demo(people: int, posts: int) -> None:
    """Fill a running house with a small lively community."""
    from bowerbird import demo as filling

    asyncio.run(filling.fill(settings(), people_count=people, posts_count=posts))


@main.group()
def admin() -> None:
    """What an administrator does from the terminal; answers are JSON."""


@admin.group()
def account() -> None:
    """Accounts."""


@admin.group()
def token() -> None:
    """Tokens for programs."""


@account.command("create")
@click.argument("name")
@click.option("--email", required=True)
@click.option("--password", default=None, help="Unset: one is made and printed.")
@click.option("--role", type=click.Choice(["user", "moderator", "admin"]), default="user", show_default=True)
def account_create(name: str, email: str, password: str | None, role: str) -> None:
    """Make an account."""
    from bowerbird.accounts import people
    from bowerbird.core.database import Database
    from bowerbird.core.secrets import new_token

    secret = password or new_token()[:20]

    async def create(db: Database) -> dict[str, str]:
        made = await people.create(db, name, email=email, password=secret, role=cast(people.Role, role))
        return {"id": str(made.id), "username": made.username, "role": made.role} | ({} if password else {"password": secret})

    click.echo(json.dumps(_in_transaction(settings(), create)))


@token.command("create")
@click.argument("name")
@click.option("--scopes", default="read write follow push", show_default=True)
def token_create(name: str, scopes: str) -> None:
    """Make a token for an account."""
    from bowerbird.accounts import people, tokens
    from bowerbird.core.database import Database

    async def create(db: Database) -> dict[str, str]:
        person = await people.by_name(db, name)
        return {
            "access_token": await tokens.create(db, person, scopes.split(), "cli"),
            "scope": scopes,
            "account_id": str(person.id),
        }

    click.echo(json.dumps(_in_transaction(settings(), create)))


def _said_by_granian(where: Settings) -> LogLevels:
    """Granian's own lines say nothing that our own do not, unless someone is looking for a fault."""
    return LogLevels.debug if where.log_level == "debug" else LogLevels.warning


def _in_transaction(where: Settings, verb: Callable[..., Awaitable[T]]) -> T:
    from bowerbird.core import embedded
    from bowerbird.core.database import Pool
    from bowerbird.core.migrate import migrate as bring_up_to_date

    async def work_(url: str) -> T:
        pool = Pool(url, 2)
        await pool.open()
        try:
            async with pool.transaction() as db:
                return await verb(db)
        finally:
            await pool.close()

    try:
        with embedded.url(where) as url:
            bring_up_to_date(url)
            return asyncio.run(work_(url))
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


if __name__ == "__main__":
    main()
