"""Plain numbered SQL files, applied once each, forward only; the queue's own schema is the first of them."""

from __future__ import annotations

from importlib import resources

import psycopg
from procrastinate import schema

LOCK = 0x626F776572  # "bower": one migrator at a time


def files() -> list[tuple[str, str]]:
    """(name, sql) of every migration in order."""
    folder = resources.files("bowerbird.core") / "migrations"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text("utf-8")) for entry in found]


def migrate(url: str) -> list[str]:
    """Bring the database at `url` up to date; the names of what was applied. All or nothing for each file."""
    applied: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        connection.execute("create schema if not exists core")
        connection.execute(
            "create table if not exists core.migrations (name text primary key, at timestamptz not null default now())"
        )
        done = {row[0] for row in connection.execute("select name from core.migrations")}
        for name, sql in [("0000_queue", schema.SchemaManager.get_schema()), *files()]:
            if name in done:
                continue
            with connection.transaction():
                connection.execute(sql.encode())
                connection.execute("insert into core.migrations (name) values (%s)", (name,))
            applied.append(name)
    return applied
