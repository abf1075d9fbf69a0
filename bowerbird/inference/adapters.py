"""Adapters of the embedded language model: which it speaks with, and for whom. Files lie by their hash in the data directory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings

ALL = 100  # per cent of the people
SERVED_MAX = 2  # the one in use, and one on trial


@dataclass(frozen=True, slots=True)
class Adapter:
    """One that is served. `name`: of the version; `share`: to how many of a hundred people, all of them where it is in use."""

    name: str
    sha256: str
    share: int


def folder(where: Settings) -> Path:
    """Where adapters lie, for the language model's process."""
    return where.home / "adapters"


def file_of(where: Settings, sha256: str) -> Path:
    """Where one lies."""
    return folder(where) / f"{sha256}.gguf"


async def served(db: Database) -> list[Adapter]:
    """The one in use and the one on trial, as far as there are any."""
    return await db.many(
        Adapter, "select name, sha256, share from inference.adapters order by share desc, name limit %s", SERVED_MAX
    )


async def serve(db: Database, name: str, sha256: str, share: int) -> None:
    """Have it speak to so many of a hundred people from now on."""
    await db.execute(
        """insert into inference.adapters (name, sha256, share) values (%s, %s, %s)
           on conflict (name) do update set sha256 = excluded.sha256, share = excluded.share""",
        name, sha256, share,
    )  # fmt: skip


async def withdraw(db: Database, name: str) -> None:
    """Have it speak to nobody from now on."""
    await db.execute("delete from inference.adapters where name = %s", name)


def chosen(served: Sequence[Adapter], person_id: int, answer_id: int) -> Adapter | None:
    """Which one writes an answer; None: the model as it came.

    Whoever is among those that try a version, by their id and its name, has every other answer of it, by the answer's id: the two are
    compared by the same people."""
    for one in served:
        if one.share < ALL and _dice(f"{one.name} {person_id}") < one.share and _dice(f"{one.name} {answer_id}") < ALL // 2:
            return one
    return next((one for one in served if one.share == ALL), None)


def tries(one: Adapter, person_id: int) -> bool:
    """Whether a person is among those that try it."""
    return _dice(f"{one.name} {person_id}") < one.share


def _dice(said: str) -> int:
    """0 to 99, always the same for the same words."""
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8]) % ALL
