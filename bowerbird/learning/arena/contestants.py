"""Who takes part: every language model that answers here, the embedded one with each adapter that passed the gate, every model that paints."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, NamedTuple, get_args

from bowerbird.core.assets import models_dir
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, Unavailable
from bowerbird.core.ids import new_id
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import adapters, chat, tiers
from bowerbird.inference.chat import Talker
from bowerbird.inference.images import ILLUSTRATOR
from bowerbird.inference.tiers import Tier
from bowerbird.learning import releases

Kind = Literal["answer", "picture"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ADAPTERS_MAX = 3  # the newest that passed: as many as the models' process keeps at hand, with room for one
COLUMNS = "id, kind, key, name, version, about, gone_at"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One of them. `key`: what the house knows it by; `version`: a hash, "" where nobody says; `gone_at`: since when it takes no part."""

    id: int
    kind: Kind
    key: str
    name: str
    version: str
    about: str
    gone_at: datetime | None


class Entrant(NamedTuple):
    """One that this house has. `up`: it answers at this moment."""

    key: str
    name: str
    version: str
    about: str
    up: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """What the models' processes said when they were asked. `down`: tiers of language models that do not answer; `offered`: picture models."""

    kind: Kind
    down: frozenset[str] = frozenset()
    offered: tuple[Tier, ...] = ()


def kind_of(said: str) -> Kind:
    """What is meant by a word. Raises Invalid for any but KINDS."""
    for kind in KINDS:
        if said == kind:
            return kind
    raise Invalid(f"Models meet over one of: {', '.join(KINDS)}.")


async def look(kind: Kind) -> Looked:
    """Ask the models' processes who is there: before a connection is held, for they may be slow to say."""
    if kind == "picture":
        return Looked(kind, offered=tuple(await tiers.offered()))
    await asyncio.to_thread(weights)
    return Looked(kind, frozenset(one.tier for one in await chat.state() if not one.up))


async def here(db: Database, looked: Looked) -> list[Entrant]:
    """Those that this house has. Raises Unavailable where nobody can say which those are."""
    return await _talkers(db, looked.down) if looked.kind == "answer" else _painters(looked.offered)


async def present(db: Database, looked: Looked) -> list[Contestant]:
    """Those of them that answer at this moment; each is written down, and since when those are gone that the house has no more."""
    entrants, kind = await here(db, looked), looked.kind
    for one in entrants:
        await db.execute(
            """insert into learning.contestants as c (id, kind, key, name, version, about) values (%s, %s, %s, %s, %s, %s)
               on conflict (kind, key) do update set name = excluded.name, version = excluded.version, about = excluded.about, gone_at = null
               where (c.name, c.version, c.about, c.gone_at is null) is distinct from (excluded.name, excluded.version, excluded.about, true)""",
            new_id(), kind, *one[:4],
        )  # fmt: skip
    keys = [one.key for one in entrants]
    await db.execute(
        "update learning.contestants set gone_at = now() where kind = %s and gone_at is null and not key = any(%s)", kind, keys
    )
    return await db.many(
        Contestant,
        f"select {COLUMNS} from learning.contestants where kind = %s and key = any(%s) order by id",
        kind,
        [one.key for one in entrants if one.up],
    )


async def every(db: Database, kind: Kind) -> list[Contestant]:
    """Whoever ever took part, the oldest first."""
    return await db.many(Contestant, f"select {COLUMNS} from learning.contestants where kind = %s order by id limit 500", kind)


def talker(where: Settings, key: str) -> tuple[Talker, str] | None:
    """Who answers for a contestant, and with which adapter; None where it is not here any more."""
    place, _, adapter = key.partition("+")
    for one in _places(where):
        if _key(one) == place and (one.ours or not adapter):
            return one, adapter
    return None


async def _talkers(db: Database, down: frozenset[str]) -> list[Entrant]:
    if (where := settings()).assistant == "off":
        return []
    found: list[Entrant] = []
    for one in _places(where):
        up = one.tier not in down
        if not one.ours:
            found.append(Entrant(_key(one), one.model, "", f"Answers at {one.host}.", up))
            continue
        found.append(Entrant(_key(one), one.model, weights(), "The small language model of this house, as it came.", up))
        for name, sha256 in await _adapters(db, where):
            said = f"The same, with what people here taught it: {name}."
            found.append(Entrant(f"{_key(one)}+{sha256}", f"{one.model}, {name}", sha256, said, up))
    return found


async def _adapters(db: Database, where: Settings) -> list[tuple[str, str]]:
    """(name, hash) of those in use, on trial, or passed before; none that learned from somebody who withdrew."""
    found = {one.sha256: one.name for one in await adapters.served(db)}
    for one in await releases.latest(db, releases.ADAPTER):
        if len(found) >= ADAPTERS_MAX:
            break
        if one.found.passed and adapters.file_of(where, one.sha256).exists() and not await releases.owes(db, one):
            found.setdefault(one.sha256, one.name)
    return [(name, sha256) for sha256, name in found.items()]


def _painters(offered: Sequence[Tier]) -> list[Entrant]:
    """A model with other weights is another contestant."""
    if any(one.id == ILLUSTRATOR and not one.model_hash for one in offered):  # what is believed until their process was asked
        raise Unavailable("The picture models do not answer. Try again in a moment.")
    return [Entrant(f"{one.id} {one.model_hash}".strip(), one.name, one.model_hash, one.about) for one in offered]


def tier(key: str) -> str:
    """What a contestant that paints is asked as."""
    return key.partition(" ")[0]


def _places(where: Settings) -> list[Talker]:
    """Each model once, by whichever tier leads to it first."""
    found = [chat.talker(where, one) for one in chat.TIERS]
    return list({one.place: one for one in reversed(found)}.values())[::-1]


def _key(one: Talker) -> str:
    """An endpoint goes by its address, the embedded model by its weights: with others it is somebody else."""
    return f"{one.model} {weights()}" if one.ours else hashlib.sha256(f"{one.url} {one.model}".encode()).hexdigest()


@cache
def weights() -> str:
    """The hash of the embedded model's file; "" where it is not on this machine."""
    try:
        with (models_dir() / f"{chat.EMBEDDED}.gguf").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
