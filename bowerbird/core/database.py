"""PostgreSQL through psycopg: a pool, and a `Database` that is one connection inside its door's transaction."""

from __future__ import annotations

import select
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar, cast

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row, tuple_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bowerbird.core.errors import Invalid, NotFound, Unavailable

T = TypeVar("T")
STATEMENT_TIMEOUT_MS = 15_000
WAIT_FOR_CONNECTION_S = 10.0

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


class Database:
    """Rows as dataclasses. Everything below a door receives this first and never commits."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection

    async def many(self, kind: type[T], sql: str, *args: object) -> list[T]:
        """All rows, each a `kind` built from its columns by name."""
        async with self.connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return await cursor.fetchall()

    async def maybe(self, kind: type[T], sql: str, *args: object) -> T | None:
        """The first row, or None."""
        async with self.connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return await cursor.fetchone()

    async def one(self, kind: type[T], sql: str, *args: object) -> T:
        """The first row. Raises NotFound where there is none."""
        row = await self.maybe(kind, sql, *args)
        if row is None:
            raise NotFound
        return row

    async def value(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        async with self.connection.cursor(row_factory=scalar_row) as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return await cursor.fetchone()

    async def values(self, sql: str, *args: object) -> list[Any]:
        """The first column of all rows."""
        async with self.connection.cursor(row_factory=scalar_row) as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return await cursor.fetchall()

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """All rows as tuples, for the few reads that are no noun."""
        async with self.connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return await cursor.fetchall()

    async def execute(self, sql: str, *args: object) -> int:
        """Run a statement; how many rows it touched."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(cast(LiteralString, sql), args)
            return max(0, cursor.rowcount)

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """A part that may fail without undoing the rest of the transaction."""
        async with self.connection.transaction():
            yield


async def _whole(connection: AsyncConnection[Any]) -> None:
    """Refuse a connection whose server has gone: an idle one that has something to read has been told good-bye."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class Pool:
    """A process's connections. `transaction()` commits when its block ends well; `reading()` has none to commit."""

    def __init__(self, url: str, size_max: int = 8) -> None:
        self.url = url
        # generic plans: planning a timeline anew costs five times what running it does
        options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c plan_cache_mode=force_generic_plan"
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size_max,
            open=False,
            timeout=WAIT_FOR_CONNECTION_S,
            check=_whole,
            kwargs={"autocommit": True, "options": options, "prepare_threshold": 2},
        )

    async def open(self) -> None:
        """Connect; waits until PostgreSQL answers. Raises Unavailable after 30 s."""
        try:
            await self._pool.open(wait=True, timeout=30)
        except PoolTimeout as silent:
            raise Unavailable("The database does not answer.") from silent

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close(timeout=5)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Database]:
        """A connection outside any transaction, for reads."""
        try:
            async with self._pool.connection() as connection:
                yield Database(connection)
        except (psycopg.OperationalError, PoolTimeout) as lost:
            raise Unavailable from lost
        except psycopg.DataError as wrong:  # a NUL in a text, a number out of range: what was sent, not what we did
            raise Invalid from wrong

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Database]:
        """A connection inside a transaction that commits when the block ends without an error."""
        async with self.reading() as db, db.connection.transaction():
            yield db


def json(value: object) -> Jsonb:
    """A value bound as jsonb."""
    return Jsonb(value)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition over one row, with its arguments: what a sensitive read must pass."""

    sql: str
    args: tuple[object, ...]


def of_row(columns: str, row: str) -> str:
    """A list of columns, each said to be of the row called `row`: "id, text" of "p" is "p.id, p.text"."""
    return ", ".join(f"{row}.{column.strip()}" for column in columns.split(","))
