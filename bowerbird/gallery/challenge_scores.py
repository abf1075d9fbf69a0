"""What the entries of a challenge are worth, by the rubric that docs/challenges.md and the rubric page publish:

    score = share of hearts × fit to the theme × originality

Each factor is kept beside the entry and shown with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.core.database import Database
from bowerbird.gallery import challenge_votes, challenges, differences
from bowerbird.gallery.challenges import Entry
from bowerbird.social import notifications
from bowerbird.studio import challenges as themes
from bowerbird.studio.challenges import Challenge

PRIOR = 5.0  # viewers: how firmly an entry few have seen is held to what is usual in its challenge
USUAL = 0.2  # the share where nobody has seen anything
FIT_LOW, FIT_HIGH, FIT_MIN = 0.05, 0.5, 0.3  # similarities (cosine) between which fit grows, and its least
ORIGINAL_MIN, DEPARTURE_ENOUGH = 0.4, 0.6
NEAR_BITS, FAR_BITS, COPY_MIN = 6, 16, 0.1  # of likeness.BITS; up to NEAR_BITS it is the same picture again
PARENT_BITS = 2  # a remix may look like its parent, but not be it
WEIGH_FOR = timedelta(hours=6)  # so long places wait for what cannot be measured
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Unweighed:
    """An entry whose fit and originality are not known: what it says, and what its parent said."""

    id: int
    challenge_id: int
    media_id: int
    theme: str
    words: str
    prompt: str
    parent_prompt: str | None
    strength: float | None


def share(weighted: float, viewers: int, usual: float) -> float:
    """The share of those shown it who gave a heart, held to the `usual` share as by PRIOR more viewers."""
    return (weighted + PRIOR * usual) / (viewers + PRIOR)


def fit(similarity: float | None) -> float:
    """FIT_MIN to 1 by how near the words are to the theme; 1 where it could not be measured, for everyone alike."""
    if similarity is None:
        return 1.0
    return FIT_MIN + (1 - FIT_MIN) * max(0.0, min(1.0, (similarity - FIT_LOW) / (FIT_HIGH - FIT_LOW)))


def departure(prompt: str, parent_prompt: str | None, strength: float | None) -> float:
    """How far a remix went from its parent, 0 to 1: three fifths the words, two fifths the strength. Originals: 1."""
    if parent_prompt is None:
        return 1.0
    return 0.6 * differences.share(parent_prompt, prompt) + 0.4 * (0.5 if strength is None else max(0.0, min(1.0, strength)))


def originality(departed: float, nearest: int | None) -> float:
    """The smaller of two: how far it went from its parent, and how far it is from every earlier picture."""
    lineage = ORIGINAL_MIN + (1 - ORIGINAL_MIN) * min(1.0, departed / DEPARTURE_ENOUGH)
    if nearest is None or nearest >= FAR_BITS:
        return lineage
    alone = COPY_MIN + (1 - COPY_MIN) * max(0.0, (nearest - NEAR_BITS) / (FAR_BITS - NEAR_BITS))
    return min(lineage, alone)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """How near two meanings are, -1 to 1."""
    length = math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0


async def unweighed(db: Database) -> list[Unweighed]:
    """Entries to be measured whose picture has been looked at (media/likeness.py)."""
    return await db.many(
        Unweighed,
        """select e.id, e.challenge_id, e.media_id, c.title || '. ' || c.rule as theme,
               left(concat_ws('. ', nullif(s.prompt, ''), nullif(a.alt, ''), nullif(p.text, '')), 600) as words,
               coalesce(s.prompt, '') as prompt, case when s.parent_id is not null then coalesce(f.prompt, '') end as parent_prompt,
               (s.recipe->>'strength')::float8 as strength
           from gallery.challenge_entries e join studio.challenges c on c.id = e.challenge_id
           join media.attachments a on a.id = e.media_id join media.likenesses l on l.media_id = e.media_id
           join social.posts p on p.id = e.post_id
           left join studio.pictures s on s.media_id = e.media_id left join studio.pictures f on f.id = s.parent_id
           where e.weighed_at is null order by e.id limit %s""",
        AT_ONCE,
    )  # fmt: skip


async def weigh(db: Database, one: Unweighed, similarity: float) -> None:
    """Write down what an entry's own words and pixels say."""
    await db.execute(
        "update gallery.challenge_entries set fit = %s, departure = %s, nearest = %s, weighed_at = now() where id = %s",
        similarity, departure(one.prompt, one.parent_prompt, one.strength), await _nearest(db, one.media_id), one.id,
    )  # fmt: skip


async def settle(db: Database) -> int:
    """Give places in challenges whose voting is over; how many were settled. What cannot be measured is waited for, but not for ever."""
    settled = 0
    for challenge in await themes.due(db):
        waiting = await db.value(
            "select count(*) from gallery.challenge_entries where challenge_id = %s and weighed_at is null", challenge.id
        )
        if waiting and datetime.now(UTC) < challenge.votes_end_at + WEIGH_FOR:
            continue
        await _place(db, challenge)
        await themes.settle(db, challenge)
        settled += 1
    return settled


async def _place(db: Database, challenge: Challenge) -> None:
    """Count, score and number the entries whose picture still stands in its post; ties go to who entered first."""
    standing = await db.many(
        Entry,
        f"""select {challenges.COLUMNS} from gallery.challenge_entries e where challenge_id = %s and {challenges.STANDING}
            and exists (select 1 from social.posts p where p.id = e.post_id and p.deleted_at is null and p.visibility = 'public')""",
        challenge.id,
    )
    hearts = await challenge_votes.weights(db, challenge.id)
    viewers = dict(
        await db.rows(
            """select s.entry_id, count(*) from gallery.challenge_sights s join gallery.challenge_entries e on e.id = s.entry_id
               where e.challenge_id = %s group by 1""",
            challenge.id,
        )
    )
    measured = all(entry.fit is not None for entry in standing)
    shown = sum(viewers.get(entry.id, 0) for entry in standing)
    usual = sum(sum(hearts.get(entry.id, ())) for entry in standing) / shown if shown else USUAL
    scored: list[tuple[float, Entry, float, float]] = []
    for entry in standing:
        weighted = sum(hearts.get(entry.id, ()))
        part = share(weighted, viewers.get(entry.id, 0), usual)
        score = part * fit(entry.fit if measured else None) * originality(entry.departure, entry.nearest)
        scored.append((round(score, 6), entry, weighted, part))
    scored.sort(key=lambda one: (-one[0], one[1].id))
    for place, (score, entry, weighted, part) in enumerate(scored, 1):
        await db.execute(
            """update gallery.challenge_entries set votes = %s, weighted = %s, viewers = %s, share = %s, score = %s, place = %s,
                   fit = case when %s then fit end where id = %s""",
            len(hearts.get(entry.id, ())), weighted, viewers.get(entry.id, 0), part, score, place, measured, entry.id,
        )  # fmt: skip
        if place <= challenges.PLACES:
            await notifications.tell(db, entry.account_id, "challenge", entry.account_id, entry.post_id, challenge.id)


async def _nearest(db: Database, media_id: int) -> int | None:
    """In how many bits it differs from the nearest earlier picture that stands in a public post; None where nothing is near."""
    return await db.value(
        """with mine as (select l.bits, s.parent_id from media.likenesses l left join studio.pictures s on s.media_id = l.media_id
                where l.media_id = %s and bit_count(l.bits) > 0)
           select bit_count(l.bits # mine.bits)::int from mine cross join media.likenesses l
           left join studio.pictures other on other.media_id = l.media_id
           where l.media_id < %s and bit_count(l.bits # mine.bits) < %s
             and (other.id is distinct from mine.parent_id or mine.parent_id is null or bit_count(l.bits # mine.bits) <= %s)
             and exists (select 1 from social.post_media pm join social.posts p on p.id = pm.post_id
                where pm.media_id = l.media_id and p.visibility = 'public' and p.deleted_at is null)
           order by 1 limit 1""",
        media_id, media_id, FAR_BITS, PARENT_BITS,
    )  # fmt: skip
