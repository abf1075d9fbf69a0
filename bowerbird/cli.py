"""The commands: `bowerbird run | serve | work | models | migrate | admin | demo | doctor`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from granian.log import LogLevels

from bowerbird import __version__, cli_feed, cli_safety
from bowerbird.core import kin
from bowerbird.core.errors import Misconfigured, Trouble
from bowerbird.core.settings import Settings, settings

if TYPE_CHECKING:
    from bowerbird.core.database import Database

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
        "bowerbird.app:serving", address=where.host, port=where.port, interface=Interfaces.ASGI, workers=where.web_processes,
        factory=True, websockets=True, log_level=_said_by_granian(where), respawn_failed_workers=True, workers_kill_timeout=5,
    ).serve()  # fmt: skip


@main.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """The embedded models' process only; with a word after it, the picture models it can draw with."""
    if context.invoked_subcommand is None:
        _on_loopback("bowerbird.inference.runner.server:serving", settings().runner_port)


def _on_loopback(application: str, port: int) -> None:
    """Serve one of the house's own processes to the others, on 127.0.0.1."""
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        application, address="127.0.0.1", port=port, interface=Interfaces.ASGI, factory=True, websockets=False,
        log_level=_said_by_granian(settings()), respawn_failed_workers=True, workers_kill_timeout=3,
    ).serve()  # fmt: skip


@models.command("add")
@click.argument("source")
@click.option("--revision", default="", help="A branch, tag or commit at the hub.")
@click.option("--file", default="", help="One .safetensors or .gguf file in place of a diffusers folder.")
@click.option("--variant", default="", help="Which of several forms of a folder's weights, for example fp16.")
@click.option("--lora", "base", default="", metavar="BASE", help="It is a LoRA, to be laid over this added model.")
@click.option("--scale", default=1.0, show_default=True, help="How strongly a LoRA is laid over its base.")
@click.option("--name", default="", help="What to call it here.")
@click.option("--steps", default=None, type=click.IntRange(1, 200), help="Unset: as its name tells, or what the engine takes.")
@click.option("--guidance", default=None, type=click.FloatRange(0, 50), help="0 for models that need none.")
@click.option("--accept-licence", is_flag=True, help="You have read its licence and agree.")
def models_add(source: str, **options: Any) -> None:
    """Take a picture model from the hub, SOURCE being owner/name there."""
    from bowerbird.inference import shopping

    _plainly(lambda: shopping.add(settings(), source, **options))


@models.command("list")
def models_list() -> None:
    """The picture models that were added, as JSON."""
    from bowerbird.inference import registry, shopping

    _plainly(lambda: click.echo(json.dumps([shopping.told(one) for one in registry.models(settings())], indent=1)))


@models.command("remove")
@click.argument("model")
def models_remove(model: str) -> None:
    """Take a picture model and its files away."""
    from bowerbird.inference import registry

    _plainly(lambda: click.echo(json.dumps({"removed": registry.remove(settings(), model).id})))


@models.command("test")
@click.argument("model")
def models_test(model: str) -> None:
    """Draw one small picture with it: seconds and peak memory as JSON."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "bowerbird.inference.runner.trial", model], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{model} did not draw.")
    click.echo(done.stdout.strip().splitlines()[-1])


def _plainly(verb: Callable[[], object]) -> None:
    """Do it; what goes wrong is one sentence on the terminal."""
    try:
        verb()
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def learn(words: tuple[str, ...]) -> None:
    """Learn from what people agreed to teach: `learn reward`, `learn liked FOLDER`."""
    import sys

    os.execv(sys.executable, [sys.executable, "-m", "bowerbird.learning", *words])  # noqa: S606 - it loads models, and this process never does


@main.command()
def feed() -> None:
    """The process that ranks For You only."""
    _on_loopback("bowerbird.feed.server:serving", settings().feed_port)


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
    from bowerbird.core.secrets import new_token

    secret = password or new_token()[:20]

    async def create(db: Database) -> dict[str, str]:
        made = await people.create(db, name, email=email, password=secret, role=cast(people.Role, role))
        return {"id": str(made.id), "username": made.username, "role": made.role} | ({} if password else {"password": secret})

    click.echo(json.dumps(_in_transaction(settings(), create)))


@account.command("delete")
@click.argument("name")
def account_delete(name: str) -> None:
    """Have someone leave: invisible at once, removed by the worker."""
    from bowerbird.accounts import people
    from bowerbird.gallery import leaving

    async def leave(db: Database) -> dict[str, str]:
        person = await people.by_name(db, name)
        await leaving.leave(db, person)
        return {"id": str(person.id), "left": person.username}

    click.echo(json.dumps(_in_transaction(settings(), leave)))


@account.command("minor")
@click.argument("name")
@click.option("--off", is_flag=True, help="They are not.")
def account_minor(name: str, off: bool) -> None:
    """Somebody is under 18: nothing of theirs is learned from, and they cannot take that back themselves."""
    from bowerbird.accounts import people
    from bowerbird.events import minors

    async def say(db: Database) -> dict[str, object]:
        person = await people.by_name(db, name)
        await (minors.unsay if off else minors.say)(db, person.id, None)
        return {"id": str(person.id), "minor": not off}

    click.echo(json.dumps(_in_transaction(settings(), say)))


@token.command("create")
@click.argument("name")
@click.option("--scopes", default="read write follow push", show_default=True)
def token_create(name: str, scopes: str) -> None:
    """Make a token for an account."""
    from bowerbird.accounts import people, tokens

    async def create(db: Database) -> dict[str, str]:
        person = await people.by_name(db, name)
        return {
            "access_token": await tokens.create(db, person, scopes.split(), "cli"),
            "scope": scopes,
            "account_id": str(person.id),
        }

    click.echo(json.dumps(_in_transaction(settings(), create)))


@admin.group()
def rule() -> None:
    """The rules of the house."""


@rule.command("add")
@click.argument("text")
@click.option("--hint", default="", help="What is meant by it.")
def rule_add(text: str, hint: str) -> None:
    """Write a rule, below those there are."""
    from bowerbird.moderation import rules

    async def add(db: Database) -> dict[str, str]:
        made = await rules.add(db, text, hint)
        return {"id": str(made.id), "text": made.text, "hint": made.hint}

    click.echo(json.dumps(_in_transaction(settings(), add)))


@rule.command("remove")
@click.argument("rule_id", type=int)
def rule_remove(rule_id: int) -> None:
    """Take a rule away."""
    from bowerbird.moderation import rules

    _in_transaction(settings(), lambda db: rules.remove(db, rule_id))
    click.echo(json.dumps({"removed": str(rule_id)}))


@admin.command()
@click.argument("text")
@click.option("--until", type=click.DateTime(), default=None, help="When it is over (UTC).")
def announce(text: str, until: datetime | None) -> None:
    """Tell everyone something."""
    from bowerbird.social import announcements

    ends = until.replace(tzinfo=UTC) if until else None
    made = _in_transaction(settings(), lambda db: announcements.announce(db, text, ends_at=ends))
    click.echo(json.dumps({"id": str(made), "text": text}))


@admin.command()
@click.argument("announcement_id", type=int)
def withdraw(announcement_id: int) -> None:
    """Tell it no longer."""
    from bowerbird.social import announcements

    _in_transaction(settings(), lambda db: announcements.withdraw(db, announcement_id))
    click.echo(json.dumps({"withdrawn": str(announcement_id)}))


@admin.command("emoji")
@click.argument("shortcode")
@click.argument("picture", type=click.Path(exists=True, dir_okay=False))
@click.option("--category", default="")
def emoji_add(shortcode: str, picture: str, category: str) -> None:
    """Add an emoji of the house."""
    from bowerbird.media import attachments
    from bowerbird.social import emojis

    data = Path(picture).read_bytes()

    async def add(db: Database) -> str:
        made = await attachments.prepare(data)
        return await emojis.add(db, shortcode, made, category=category)

    click.echo(json.dumps({"shortcode": _in_transaction(settings(), add)}))


@admin.group()
def report() -> None:
    """What people reported."""


@report.command("list")
def report_list() -> None:
    """Those that wait, the newest first."""
    from bowerbird.moderation import reports

    async def read(db: Database) -> list[dict[str, object]]:
        return [
            {"id": str(r.id), "by": str(r.reporter_id), "of": str(r.target_id), "category": r.category, "comment": r.comment,
             "posts": [str(i) for i in r.post_ids], "rules": [str(i) for i in r.rule_ids], "at": r.created_at.isoformat()}
            for r in await reports.waiting(db)
        ]  # fmt: skip

    click.echo(json.dumps(_in_transaction(settings(), read)))


@report.command("close")
@click.argument("report_id", type=int)
def report_close(report_id: int) -> None:
    """It was looked into."""
    from bowerbird.moderation import reports

    done = _in_transaction(settings(), lambda db: reports.close(db, report_id))
    click.echo(json.dumps({"closed": str(done.id)}))


def _said_by_granian(where: Settings) -> LogLevels:
    """Granian's own lines say nothing that our own do not, unless someone is looking for a fault."""
    return LogLevels.debug if where.log_level == "debug" else LogLevels.warning


def _in_transaction(where: Settings, verb: Callable[[Database], Awaitable[T]]) -> T:
    from bowerbird.core import command

    try:
        return command.run(where, verb)
    except Trouble as trouble:
        raise click.ClickException(trouble.said) from trouble


cli_safety.add_to(admin, lambda verb: _in_transaction(settings(), verb))
cli_feed.add_to(main, lambda verb: _in_transaction(settings(), verb))


if __name__ == "__main__":
    main()
