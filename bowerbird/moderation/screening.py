"""At the brush: observers are asked, the published rules decide, what was not simply allowed is written down.

Before anything is drawn (the doors), before a picture is kept (the worker), and for everything that is brought."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid, Refused
from bowerbird.core.settings import settings
from bowerbird.inference import images, observers
from bowerbird.inference.observers import ObserverAway
from bowerbird.media import attachments
from bowerbird.media.pictures import Renditions
from bowerbird.moderation import appeals, blocklist, decisions, likeness, policy, words
from bowerbird.moderation.decisions import Decided
from bowerbird.moderation.policy import Stage, Verdict
from bowerbird.studio import generations
from bowerbird.studio.generations import Ask, Generation
from bowerbird.studio.screens import Screened

QUALITY_MIN = 50  # media/pdq.py: plainer pictures are all alike
AWAY_TRIES, AWAY_PAUSE_S = 3, 4.0
Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Allowed:
    """Words that may be drawn; `labels` are written down once there is a generation that they belong to."""

    said: str
    engine: str
    scores: Scores
    labels: list[Verdict]


async def allow(pool: Pool, me: Person, wanted: Ask) -> Allowed:
    """Ask before a generation is queued. Raises Refused with the rule, TooMany after too many refusals. Opens its own transactions: a refusal
    is written down though nothing else is."""
    if wanted.preset:
        wanted = await generations.styled(wanted, wanted.preset)
    said = words_of(wanted.worded, wanted.style, wanted.edits)
    engine = wanted.tier or images.usual(settings())
    async with pool.reading() as db:
        await decisions.slow_down(db, me)
        scores = await _words(db, said, wanted.negative_prompt)
    scores |= await _meaning(said)
    found = policy.applying("words", scores, engine)
    if any(policy.STRICTNESS[one.decision] > policy.STRICTNESS["label"] for one in found):
        await _stop(pool, me, "words", found, scores, digest_of(said), engine=engine, said=said)
    return Allowed(said, engine, scores, [one for one in found if one.decision == "label"])


async def settle(db: Database, me: Person, allowed: Allowed, generation_id: int) -> None:
    """Write down which labels a new generation goes on with."""
    for verdict in allowed.labels:
        await decisions.record(
            db, me.id, "words", verdict, allowed.scores, digest_of(allowed.said), engine=allowed.engine, words=allowed.said,
            subject_id=generation_id,
        )  # fmt: skip


async def drawn(pool: Pool, generation: Generation, made: Renditions) -> Screened:
    """Whether a finished picture is kept, and whether it is shown behind a press. Called by the worker before it is."""
    said = words_of(generation.worded, generation.style, generation.edits)
    scores: Scores = {"asked.minor": words.found(said).get("minor", 0.0)}
    async with pool.reading() as db:
        labels = await decisions.labels(db, generation.id)
        scores |= await _blocked(db, made.small)
        passing = set(await decisions.granted(db, generation.account_id, digest_of(said)))
    if generation.tier not in policy.CLOSED:
        scores |= await _seen(made.small, tries=AWAY_TRIES)
    found = [one for one in policy.applying("drawn", scores, generation.tier) if one.rule and one.rule.id not in passing]
    if not found:
        return Screened(label=labels[0] if labels else "")
    async with pool.transaction() as db:
        decided = await _record(
            db, generation.account_id, "drawn", found[0], scores, digest_of(said), engine=generation.tier, said=said,
            subject_id=generation.id,
        )  # fmt: skip
    return Screened(label=decided.rule_id) if decided.decision == "label" else Screened(refused=_said(found[0]))


async def brought(pool: Pool, person_id: int, data: bytes, *, quality: int = 88) -> Renditions:
    """Somebody's upload, decoded, looked at and labelled. Raises TooLarge or Invalid as attachments.prepare does, Refused by a rule."""
    made = await attachments.prepare(data, quality=quality)
    digest = hashlib.sha256(data).digest()
    async with pool.reading() as db:
        scores = await _blocked(db, made.small)
        passing = set(await decisions.granted(db, person_id, digest))
    scores |= await _seen(made.small, tries=1)
    found = [one for one in policy.applying("brought", scores) if one.rule and one.rule.id not in passing]
    if not found or not found[0].rule:
        return made
    async with pool.transaction() as db:
        decided = await _record(db, person_id, "brought", found[0], scores, digest)
    if decided.decision != "label":
        raise Refused(_said(found[0]), rule=decided.rule_id, decision_id=decided.id)
    return replace(made, label=decided.rule_id)


def words_of(prompt: str, style: str, edits: Mapping[str, str]) -> str:
    """Everything that is asked to be seen."""
    return "\n".join(part for part in (prompt, style, *edits.values()) if part.strip())


def digest_of(said: str) -> bytes:
    """The same for words that only differ in case, spaces or look-alike letters."""
    return hashlib.sha256(words.plain(said).encode()).digest()


async def _words(db: Database, said: str, left_out: str) -> Scores:
    """What the exact observers see: in the words the lists and names, in what is left out only what undresses."""
    scores: Scores = {f"list.{name}": one for name, one in words.found(said).items() if name != "undressing"}
    if "undressing" in words.found(left_out):
        scores["list.undressing"] = 1.0
    if "hate" in words.found(left_out):
        scores["list.hate"] = 1.0
    return scores | await likeness.observe(db, said)


async def _meaning(said: str) -> Scores:
    try:
        return {f"text.{name}": score for name, score in (await observers.of_text(said)).items()}
    except ObserverAway:
        return {"text.away": 1.0}


async def _seen(image: bytes, *, tries: int) -> Scores:
    for left in reversed(range(tries)):
        try:
            return {f"picture.{name}": score for name, score in (await observers.of_picture(image)).items()}
        except ObserverAway:
            if left:
                await asyncio.sleep(AWAY_PAUSE_S)
    return {"picture.away": 1.0}


async def _blocked(db: Database, image: bytes) -> Scores:
    if await blocklist.empty(db):
        return {}
    hash_, quality = await blocklist.hash_of(image)
    return {"blocklist.match": 1.0} if quality >= QUALITY_MIN and await blocklist.near(db, hash_) else {}


async def _stop(
    pool: Pool, me: Person, stage: Stage, found: Sequence[Verdict], scores: Scores, digest: bytes, *, engine: str, said: str
) -> None:
    """Raises Refused, unless an appeal let exactly this pass."""
    async with pool.transaction() as db:
        passing = set(await decisions.granted(db, me.id, digest))
        stopping = [one for one in found if one.rule and one.rule.id not in passing and one.decision != "label"]
        if not stopping:
            return
        decided = await _record(db, me.id, stage, stopping[0], scores, digest, engine=engine, said=said)
    raise Refused(_said(stopping[0]), rule=decided.rule_id, decision_id=decided.id)


async def _record(
    db: Database, account_id: int, stage: Stage, verdict: Verdict, scores: Scores, digest: bytes, *, engine: str = "", said: str = "",
    subject_id: int | None = None,
) -> Decided:  # fmt: skip
    """Write it down; what a rule holds waits for a person at once, without anybody having to ask."""
    decided = await decisions.record(
        db, account_id, stage, verdict, scores, digest, engine=engine, words=said, subject_id=subject_id
    )
    if decided.decision == "hold" and decided.rule_id != policy.UNSEEN:
        await appeals.opened(db, account_id, decided.id)
    return decided


def _said(verdict: Verdict) -> str:
    if verdict.rule is None:
        raise Invalid
    held = " A person looks at it first." if verdict.decision == "hold" and verdict.rule.id != policy.UNSEEN else ""
    return f"{verdict.rule.said}{held} (Rule “{verdict.rule.id}”: {verdict.rule.title}.)"
