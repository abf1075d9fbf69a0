"""Words to pictures: a row with a state graph (queued → running → done | failed | cancelled), carried by a job that holds only its id."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core import jobs, limits, live
from bowerbird.core.database import Database, json, keyset
from bowerbird.core.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.events import kinds, log
from bowerbird.studio.pictures import Picture

State = Literal["queued", "running", "done", "failed", "cancelled"]
WAITING: tuple[State, ...] = ("queued", "running")
PROMPT_LENGTH_MAX = 600
COUNT_MAX = 4
SIDE_MIN_PX, SIDE_MAX_PX = 256, 1536
SEED_MAX = 2**31 - 1
EDITS_MAX = 40
TIERS = ("illustrator",)
SECONDS_A_CANDIDATE = 3.0  # a first guess, until this house has measured its own
COLUMNS = """id, account_id, prompt, negative_prompt, tier, width, height, seed, style, source_id, strength, edits, state, error,
    attempts, started_at, finished_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What someone asks for. Sides in px; `strength` 0 keeps the parent, 1 follows the words."""

    prompt: str
    negative_prompt: str = ""
    tier: str = "illustrator"
    width: int = 768
    height: int = 768
    count: int = 4
    seed: int | None = None
    style: str = ""
    strength: float = 0.5
    edits: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Generation:
    """One asking, with its state."""

    id: int
    account_id: int
    prompt: str
    negative_prompt: str
    tier: str
    width: int
    height: int
    seed: int
    style: str
    source_id: int | None
    strength: float
    edits: dict[str, str]
    state: State
    error: str | None
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One try of a generation; `step` of `steps` is the painter's own, never a timer."""

    id: int
    generation_id: int
    position: int
    seed: int
    state: State
    step: int
    steps: int
    stage: str
    picture_id: int | None
    chosen: bool


async def ask(db: Database, person: Person, wanted: Ask, source: Picture | None = None) -> Generation:
    """Queue a generation. The caller has checked that `source` may be remixed. Raises TooLarge, Invalid or TooMany."""
    _check(wanted)
    # its row lock also lets one person ask for one thing at a time, so that the count below is true
    await limits.spend(db, f"generate:{person.id}", times_max=settings().generations_per_day_max, window_s=86_400)
    waiting = await db.value(
        "select count(*) from studio.generations where account_id = %s and state in ('queued', 'running')", person.id
    )
    if waiting >= settings().generations_waiting_max:
        raise TooMany(f"You have {waiting} pictures on the way. Wait for one, or stop one.", retry_after_s=10)
    last = await db.value("select prompt from studio.generations where account_id = %s order by id desc limit 1", person.id)
    seed = wanted.seed if wanted.seed is not None else secrets.randbits(30)
    generation = await db.one(
        Generation,
        f"""insert into studio.generations
                (id, account_id, prompt, negative_prompt, tier, width, height, seed, style, source_id, strength, edits)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        new_id(), person.id, wanted.prompt.replace("\x00", "").strip(), wanted.negative_prompt.replace("\x00", "").strip(), wanted.tier,
        wanted.width, wanted.height, seed, wanted.style, source.id if source else None, wanted.strength, json(wanted.edits),
    )  # fmt: skip
    for position in range(wanted.count):
        await db.execute(
            "insert into studio.candidates (id, generation_id, position, seed) values (%s, %s, %s, %s)",
            new_id(), generation.id, position, (seed + position) & SEED_MAX,
        )  # fmt: skip
    await jobs.defer(db, "studio:paint", once=f"paint:{generation.id}", queue="painting", generation_id=str(generation.id))
    await log.record(
        db,
        kinds.GenerationAsked(
            actor_id=person.id, item_id=generation.id, again=last == generation.prompt, source_id=source.id if source else None
        ),
    )
    return generation


async def own(db: Database, person: Person, id_: int) -> Generation:
    """One's own generation. Raises NotFound for another's: they may not know of it."""
    return await db.one(Generation, f"select {COLUMNS} from studio.generations where id = %s and account_id = %s", id_, person.id)


async def candidates(db: Database, generation_id: int) -> list[Candidate]:
    """Its tries, in the order they are shown."""
    return await db.many(Candidate, "select * from studio.candidates where generation_id = %s order by position", generation_id)


async def candidates_of(db: Database, ids: Sequence[int]) -> dict[int, list[Candidate]]:
    """The tries of several generations, by generation id, in the order they are shown."""
    found: dict[int, list[Candidate]] = {}
    for each in await db.many(
        Candidate, "select * from studio.candidates where generation_id = any(%s) order by position", list(ids)
    ):
        found.setdefault(each.generation_id, []).append(each)
    return found


async def of(db: Database, person: Person, *, before: int | None = None, limit: int = 12) -> list[Generation]:
    """What someone asked for, newest first."""
    more, args = keyset("id", before=before)
    return await db.many(
        Generation, f"select {COLUMNS} from studio.generations where account_id = %s{more} order by id desc limit %s",
        person.id, *args, min(limit, 40),
    )  # fmt: skip


async def place_in_queue(db: Database, generation: Generation) -> int:
    """How many other generations are before it; 0 when it is being painted or over."""
    if generation.state != "queued":
        return 0
    return await db.value(
        "select count(*) from studio.generations where state in ('queued', 'running') and id < %s", generation.id
    )


async def seconds_left(db: Database, generation: Generation) -> int | None:
    """About how long until it is done, from how long candidates took lately in this house; None when it is over."""
    if generation.state not in WAITING:
        return None
    each = await db.value(
        """select avg(extract(epoch from finished_at - started_at) / nullif(tries, 0)) from (
               select g.finished_at, g.started_at, (select count(*) from studio.candidates c where c.generation_id = g.id) as tries
               from studio.generations g where g.state = 'done' order by g.id desc limit 20) lately"""
    )
    ahead = await db.value(
        """select count(*) from studio.candidates c join studio.generations g on g.id = c.generation_id
           where g.state in ('queued', 'running') and g.id <= %s and c.state in ('queued', 'running')""",
        generation.id,
    )
    return round(ahead * float(each or SECONDS_A_CANDIDATE)) + 1


async def preview(db: Database, person: Person, candidate_id: int) -> bytes:
    """What a candidate looks like right now: a small picture. Raises NotFound when there is none (any more)."""
    image = await db.value(
        """select v.image from studio.previews v join studio.candidates c on c.id = v.candidate_id
           join studio.generations g on g.id = c.generation_id where v.candidate_id = %s and g.account_id = %s""",
        candidate_id, person.id,
    )  # fmt: skip
    if image is None:
        raise NotFound
    return bytes(image)


async def cancel(db: Database, person: Person, id_: int) -> Generation:
    """Stop it; what was finished stays. Cancelling what is over changes nothing."""
    generation = await own(db, person, id_)
    stopped = await db.maybe(
        Generation,
        f"""update studio.generations set state = 'cancelled', finished_at = now(), leased_until = null
            where id = %s and state in ('queued', 'running') returning {COLUMNS}""",
        id_,
    )
    if stopped is None:
        return generation
    await db.execute(
        "update studio.candidates set state = 'cancelled' where generation_id = %s and state in ('queued', 'running')", id_
    )
    await live.tell(db, [f"generation:{id_}"], "cancelled", id_)
    await log.record(db, kinds.GenerationCancelled(actor_id=person.id, item_id=id_))
    return stopped


async def choose(db: Database, person: Person, id_: int, candidate_id: int) -> Candidate:
    """Pick one of the finished tries; which were offered is written down with it. Raises Conflict for one that is not finished."""
    generation = await own(db, person, id_)
    tries = await candidates(db, generation.id)
    picked = next((c for c in tries if c.id == candidate_id), None)
    if picked is None:
        raise NotFound
    if picked.picture_id is None:
        raise Conflict("That one is not finished yet.")
    await db.execute("update studio.candidates set chosen = (id = %s) where generation_id = %s", candidate_id, id_)
    offered = [c.picture_id for c in tries if c.picture_id]
    await log.record(db, kinds.CandidatePicked(actor_id=person.id, item_id=id_, picked=picked.picture_id, offered=offered))
    return picked


def _check(wanted: Ask) -> None:
    for text in (wanted.prompt, wanted.negative_prompt):
        if len(text) > PROMPT_LENGTH_MAX:
            raise TooLarge(f"A prompt has up to {PROMPT_LENGTH_MAX} characters; this one has {len(text)}.")
    if not 1 <= wanted.count <= COUNT_MAX:
        raise Invalid(f"1 to {COUNT_MAX} pictures at once.")
    if not all(SIDE_MIN_PX <= side <= SIDE_MAX_PX for side in (wanted.width, wanted.height)):
        raise Invalid(f"Each side is {SIDE_MIN_PX} to {SIDE_MAX_PX} px.")
    if not 0 <= wanted.strength <= 1:
        raise Invalid("Strength is between 0 and 1.")
    if wanted.seed is not None and not 0 <= wanted.seed <= SEED_MAX:
        raise Invalid(f"A seed is a whole number from 0 to {SEED_MAX}.")
    if wanted.tier not in TIERS:
        raise Invalid(f"The picture models here are: {', '.join(TIERS)}.")
    if (
        len(wanted.edits) > EDITS_MAX
        or any(len(k) > 60 or len(v) > 120 for k, v in wanted.edits.items())
        or len(wanted.style) > 40
    ):
        raise Invalid("That is more change than a scene can hold.")
