"""`bowerbird doctor`: looks at every part and says what is wrong and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable

import httpx
import psycopg

from bowerbird.core import embedded, migrate
from bowerbird.core.assets import built_dir, models_dir
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import Settings
from bowerbird.feed import asking

FREE_BYTES_MIN = 1_000_000_000
Check = Callable[[Settings], Awaitable[str]]


class Ill(Exception):
    """A part that does not work, with the line that mends it."""


async def folder(where: Settings) -> str:
    """The data directory."""
    where.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(where.home).free
    if free < FREE_BYTES_MIN:
        raise Ill(f"{where.home} has {free / 1e9:.1f} GB left. Free some space or set BOWERBIRD_DATA_DIR.")
    for name in ("secrets",):
        kept = where.home / name
        if kept.exists() and kept.stat().st_mode & 0o077:
            raise Ill(f"{kept} can be read by others: `chmod -R go-rwx {kept}`.")
    return f"{where.home}, {free / 1e9:.0f} GB free"


async def database(where: Settings) -> str:
    """PostgreSQL and its schema."""
    try:
        with embedded.url(where) as url, psycopg.connect(url) as connection:
            version = connection.info.server_version // 10000
            has = connection.execute("select to_regclass('core.migrations') is not null").fetchone()
            done = {row[0] for row in connection.execute("select name from core.migrations")} if has and has[0] else set[str]()
    except (psycopg.Error, OSError, RuntimeError) as broken:
        raise Ill(
            f"it does not answer ({broken}). See {where.home / 'postgres' / 'log'}, or set BOWERBIRD_DATABASE_URL."
        ) from broken
    missing = [name for name, _ in migrate.files() if name not in done]
    if missing:
        raise Ill(f"{len(missing)} migrations are missing: `bowerbird migrate`.")
    return f"PostgreSQL {version}, schema up to date"


async def assets(_: Settings) -> str:
    """What set-up fetched."""
    needed = [
        models_dir() / "tokenizer.json",
        models_dir() / "smollm2-135m-instruct.gguf",
        built_dir() / "drawings.json",
        built_dir() / "static",
    ]
    missing = [path for path in needed if not path.exists()]
    if missing:
        raise Ill(f"{missing[0]} is missing: `make setup`.")
    return "models, drawings and page libraries are here"


async def pictures(where: Settings) -> str:
    """The picture model."""
    address = where.pictures_endpoint
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            status = (
                await client.get(
                    f"{address.removesuffix('/v1')}/healthz" if not where.models_pictures_url else f"{address}/models"
                )
            ).status_code
    except httpx.HTTPError as silent:
        raise Ill(f"{address} does not answer. Is `bowerbird run` (or `bowerbird models`) running?") from silent
    if status >= 500:
        raise Ill(f"{address} answers {status}.")
    return address


async def web(where: Settings) -> str:
    """The web server."""
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(f"http://{where.host}:{where.port}/healthz")
    except httpx.HTTPError as silent:
        raise Ill(f"nothing answers on {where.host}:{where.port}. `bowerbird run` starts it.") from silent
    if answer.status_code != 200:
        raise Ill(f"it answers {answer.status_code}: {answer.text[:200]}")
    return where.origin


async def feed(where: Settings) -> str:
    """What ranks For You."""
    try:
        found = await asking.state()
    except Trouble as silent:
        raise Ill(f"nothing answers on 127.0.0.1:{where.feed_port}. `bowerbird run` (or `bowerbird feed`) starts it.") from silent
    return f"{found.posts} posts, {found.persons} people who let it learn, {found.release}"


CHECKS: dict[str, Check] = {
    "data": folder,
    "assets": assets,
    "database": database,
    "pictures": pictures,
    "feed": feed,
    "web": web,
}


async def examine(where: Settings) -> bool:
    """Run every check and say what it found; whether all is well."""
    well = True
    for name, check in CHECKS.items():
        try:
            print(f"  ok     {name:<9} {await check(where)}")
        except Ill as ill:
            well = False
            print(f"  wrong  {name:<9} {ill}")
    return well
