"""Words to pictures: a row with a state graph (queued → running → done | failed | cancelled), carried by a job that holds only its id."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from bowerbird.accounts.people import Person
from bowerbird.core import jobs, limits, live
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.events import consent, kinds, log
from bowerbird.inference import tiers
from bowerbird.media import attachments, origins
from bowerbird.studio import masks, presets, turns
from bowerbird.studio.masks import Mask
from bowerbird.studio.pictures import Picture
from bowerbird.studio.presets import Preset

State = Literal["queued", "running", "done", "failed", "cancelled"]
WAITING: tuple[State, ...] = ("queued", "running")
PROMPT_LENGTH_MAX = 600
COUNT_MAX = 4
SIDE_MIN_PX, SIDE_MAX_PX = 256, 1536
SEED_MAX = 2**31 - 1
EDITS_MAX = 40
TIER_LENGTH_MAX = 80
ENLARGE = "upscaler"  # the tier of what only makes a picture larger
COLUMNS = """id, account_id, prompt, negative_prompt, tier, width, height, seed, style, source_id, strength, edits, state, error,
    attempts, started_at, finished_at, preset, factor, timelapse, anew, extend"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What someone asks for. Sides in px; `strength` 0 keeps the parent, 1 follows the words; `tier` "": the usual one."""

    prompt: str
    negative_prompt: str = ""
    tier: str = ""
    width: int = 768
    height: int = 768
    count: int = 4
    seed: int | None = None
    style: str = ""
    strength: float = 0.5
    edits: dict[str, str] = field(default_factory=dict[str, str])
    preset: Preset | None = None  # its words go around the prompt; the rest of it where nothing else was said
    factor: int = 0  # 2 or 4: the source itself, that many times larger
    timelapse: bool = False  # keep the previews as a small animation
    mask: Mask | None = None  # only this part of the source is painted anew
    extend: str = ""  # one of masks.EXTENSIONS: the source stays, and goes on beyond these edges

    @property
    def worded(self) -> str:
        """All that is painted: the prompt with the words of the style around it."""
        return presets.around(self.prompt, self.preset.snapshot if self.preset else None)


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
    preset: dict[str, Any] | None = None
    factor: int = 0
    timelapse: bool = False
    anew: int | None = None  # how much of it is painted anew, in per cent; None: all
    extend: str = ""

    @property
    def worded(self) -> str:
        """The prompt with the words of its style around it."""
        return presets.around(self.prompt, self.preset)


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
    reward: float | None


async def ask(
    db: Database, person: Person, wanted: Ask, source: Picture | None = None, *, payer: Person | None = None
) -> Generation:
    """Queue a generation. The caller has checked that `source` may be remixed. With `payer` it counts among what that person may ask for in
    a day, and not among what waits for `person`. Raises TooLarge, Invalid or TooMany."""
    if wanted.preset:
        wanted = await styled(wanted, wanted.preset)
    _check(wanted)
    chosen = None if wanted.factor else await tiers.tier(wanted.tier)
    tier, anew = chosen.id if chosen else ENLARGE, None
    if chosen and (wanted.mask or wanted.extend):
        parent = await attachments.of(db, [source.media_id]) if source and source.media_id else []
        plan = masks.plan(chosen, parent[0] if parent else None, wanted.mask, wanted.extend)
        strength = 1.0 if wanted.extend else wanted.strength  # beyond the edges there is nothing to keep
        wanted, anew = replace(wanted, width=plan.width, height=plan.height, strength=strength), plan.anew
    # its row lock also lets one person ask for one thing at a time, so that the count below is true
    await limits.spend(db, f"generate:{(payer or person).id}", times_max=settings().generations_per_day_max, window_s=86_400)
    waiting = (
        0
        if payer
        else await db.value(
            "select count(*) from studio.generations where account_id = %s and state in ('queued', 'running')", person.id
        )
    )
    if waiting >= settings().generations_waiting_max:
        raise TooMany(f"You have {waiting} pictures on the way. Wait for one, or stop one.", retry_after_s=10)
    last = await db.value("select prompt from studio.generations where account_id = %s order by id desc limit 1", person.id)
    seed = wanted.seed if wanted.seed is not None else secrets.randbits(30)
    generation = await db.one(
        Generation,
        f"""insert into studio.generations
                (id, account_id, prompt, negative_prompt, tier, width, height, seed, style, source_id, strength, edits, preset, factor, timelapse,
                 anew, extend)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        new_id(), person.id, wanted.prompt.replace("\x00", "").strip(), wanted.negative_prompt.replace("\x00", "").strip(), tier,
        wanted.width, wanted.height, seed, wanted.style, source.id if source else None, wanted.strength, json(wanted.edits),
        json(wanted.preset.snapshot) if wanted.preset else None, wanted.factor, wanted.timelapse,
        anew, wanted.extend,
    )  # fmt: skip
    if wanted.mask:
        await masks.keep(db, generation.id, wanted.mask)
    for position in range(wanted.count):
        await db.execute(
            "insert into studio.candidates (id, generation_id, position, seed) values (%s, %s, %s, %s)",
            new_id(), generation.id, position, (seed + position) & SEED_MAX,
        )  # fmt: skip
    if source and source.media_id and await origins.reserved(db, [source.media_id]):
        await consent.reserve(db, person.id, "generation", generation.id)
    await jobs.defer(db, "studio:paint", once=f"paint:{tier}", queue="painting", tier=tier)
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


async def of_picture(db: Database, picture_id: int) -> Generation | None:
    """What a picture was asked for with; None where that was forgotten."""
    return await db.maybe(
        Generation,
        f"select {COLUMNS} from studio.generations where id = (select generation_id from studio.candidates where picture_id = %s)",
        picture_id,
    )


async def candidates(db: Database, generation_id: int) -> list[Candidate]:
    """Its tries, in the order they are shown."""
    return (await candidates_of(db, [generation_id])).get(generation_id, [])


async def candidates_of(db: Database, ids: Sequence[int]) -> dict[int, list[Candidate]]:
    """The tries of several generations, by generation id, in the order they are shown: as asked for while one is still painted,
    then those first that people here would rather pick, where their picks have taught it."""
    found: dict[int, list[Candidate]] = {}
    for each in await db.many(
        Candidate, "select * from studio.candidates where generation_id = any(%s) order by position", list(ids)
    ):
        found.setdefault(each.generation_id, []).append(each)
    for tries in found.values():
        if all(each.state not in WAITING for each in tries):
            tries.sort(
                key=lambda each: -each.reward if each.reward is not None else math.inf
            )  # stable: unscored ones stay in order
    return found


async def of(db: Database, person: Person, *, before: int | None = None, limit: int = 12) -> list[Generation]:
    """What someone asked for, newest first."""
    more = Page(before).clause("id")
    return await db.many(
        Generation, f"select {COLUMNS} from studio.generations where account_id = %s{more.sql} order by id desc limit %s",
        person.id, *more.args, min(limit, 40),
    )  # fmt: skip


async def place_in_queue(db: Database, generation: Generation) -> int:
    """How many other generations are before it; 0 when it is being painted or over."""
    return (await turns.places(db, [generation.id])).get(generation.id, 0) if generation.state == "queued" else 0


async def seconds_left(db: Database, generation: Generation) -> int | None:
    """About how long until it is done, from how long candidates took lately in this house; None when it is over."""
    return await turns.seconds_left(db, generation.id, generation.tier) if generation.state in WAITING else None


async def previewed(db: Database, ids: Sequence[int]) -> set[int]:
    """Which candidates can be looked at while they are painted."""
    return set(await db.values("select candidate_id from studio.previews where candidate_id = any(%s)", list(ids)))


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
    await masks.forget(db, id_)
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


async def styled(wanted: Ask, preset: Preset) -> Ask:
    """With what a style says where nothing else was said; a model that the house no longer has is left to choice."""
    there = {tier.id for tier in await tiers.offered()}
    left_out = [wanted.negative_prompt] if wanted.negative_prompt else []
    if preset.leave_out and preset.leave_out not in wanted.negative_prompt:
        left_out.append(preset.leave_out)
    return replace(
        wanted, negative_prompt=", ".join(left_out), style=wanted.style or preset.medium,
        tier=wanted.tier or (preset.tier if preset.tier in there else ""),
    )  # fmt: skip


def _check(wanted: Ask) -> None:
    for text in (wanted.prompt, wanted.negative_prompt):
        if len(text) > PROMPT_LENGTH_MAX:
            raise TooLarge(f"A prompt has up to {PROMPT_LENGTH_MAX} characters; this one has {len(text)}.")
    if wanted.factor not in (0, 2, 4):
        raise Invalid("A picture becomes 2 or 4 times larger.")
    if not 1 <= wanted.count <= COUNT_MAX:
        raise Invalid(f"1 to {COUNT_MAX} pictures at once.")
    if not wanted.factor and not all(SIDE_MIN_PX <= side <= SIDE_MAX_PX for side in (wanted.width, wanted.height)):
        raise Invalid(f"Each side is {SIDE_MIN_PX} to {SIDE_MAX_PX} px.")
    if not 0 <= wanted.strength <= 1:
        raise Invalid("Strength is between 0 and 1.")
    if wanted.seed is not None and not 0 <= wanted.seed <= SEED_MAX:
        raise Invalid(f"A seed is a whole number from 0 to {SEED_MAX}.")
    if len(wanted.tier) > TIER_LENGTH_MAX:
        raise Invalid("There is no picture model with such a name.")
    if (
        len(wanted.edits) > EDITS_MAX
        or any(len(k) > 60 or len(v) > 120 for k, v in wanted.edits.items())
        or len(wanted.style) > 40
    ):
        raise Invalid("That is more change than a scene can hold.")
