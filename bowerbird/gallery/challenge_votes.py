"""Votes in a challenge: who may give them, to whom, and how much one weighs when accounts mostly vote for one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, NotAllowed
from bowerbird.core.ids import at, before, new_id
from bowerbird.core.settings import settings
from bowerbird.gallery import challenges as entries
from bowerbird.gallery.challenges import Entry
from bowerbird.studio import challenges

VOTES_MAX = 5  # of one person in one challenge
INVITE_DAYS = 30  # for so long, people who came by one invitation do not vote for each other
RING_DAYS = 30  # how far back it is looked who votes for whom
RING_WEIGHT_MIN = 0.2
VOTED_IN = ("open", "voting")  # states of a challenge


def why_not(me: Person | None) -> str:
    """Why this person may not vote at all; "" where they may."""
    if me is None:
        return "Sign in to vote."
    if me.bot:
        return "Accounts of programs do not vote."
    if at(me.id) > datetime.now(UTC) - timedelta(hours=settings().challenge_voter_age_h):
        return f"An account can vote when it is {settings().challenge_voter_age_h} hours old."
    return ""


async def vote(db: Database, me: Person, challenge_id: int, entry_id: int) -> Entry:
    """Give an entry a heart; giving it twice is giving it once. Raises NotFound, NotAllowed or Conflict with the reason."""
    entry = await entries.see(db, me.id, challenge_id, entry_id)
    challenge = await challenges.by_id(db, challenge_id)
    if challenge.state not in VOTED_IN:
        raise Conflict("Voting is over.")
    if entry.account_id == me.id:
        raise NotAllowed("You cannot vote for your own picture.")
    if reason := why_not(me):
        raise NotAllowed(reason)
    if await _same_door(db, me.id, entry.account_id):
        raise NotAllowed(f"You came by the same invitation. For {INVITE_DAYS} days you cannot vote for each other.")
    # its row lock also lets one person vote once at a time, so that the count below is true
    await limits.spend(db, f"vote:{me.id}", times_max=120, window_s=3600)
    given = await given_by(db, me.id, challenge_id)
    if entry.id in given:
        return entry
    if len(given) >= VOTES_MAX:
        raise Conflict(f"You have given your {VOTES_MAX} hearts. Take one back to give it to another.")
    await db.execute(
        "insert into gallery.challenge_votes (entry_id, account_id, id) values (%s, %s, %s)", entry.id, me.id, new_id()
    )
    await seen(db, me, [entry])
    return entry


async def take_back(db: Database, me: Person, challenge_id: int, entry_id: int) -> Entry:
    """Take a heart back while voting goes on. Raises NotFound or Conflict."""
    entry = await entries.see(db, me.id, challenge_id, entry_id)
    if (await challenges.by_id(db, challenge_id)).state not in VOTED_IN:
        raise Conflict("Voting is over.")
    await db.execute("delete from gallery.challenge_votes where entry_id = %s and account_id = %s", entry.id, me.id)
    return entry


async def given_by(db: Database, account_id: int, challenge_id: int) -> set[int]:
    """The entries someone gave a heart in a challenge."""
    return set(
        await db.values(
            """select v.entry_id from gallery.challenge_votes v join gallery.challenge_entries e on e.id = v.entry_id
               where v.account_id = %s and e.challenge_id = %s""",
            account_id, challenge_id,
        )
    )  # fmt: skip


async def seen(db: Database, me: Person | None, shown: list[Entry]) -> None:
    """Write down who was shown which entries of one challenge, of those who may vote and while they may: a vote counts against how many
    had the chance to give one."""
    if me is None or why_not(me) or not shown or (await challenges.by_id(db, shown[0].challenge_id)).state not in VOTED_IN:
        return
    ids = [entry.id for entry in shown if entry.account_id != me.id]
    await db.execute(
        "insert into gallery.challenge_sights (entry_id, account_id) select unnest(%s::bigint[]), %s on conflict do nothing",
        ids,
        me.id,
    )


async def weights(db: Database, challenge_id: int) -> dict[int, list[float]]:
    """What each heart of a challenge weighs, by entry id: 1, and less where voter and maker vote for each other (see `damped`)."""
    since = before(datetime.now(UTC) - timedelta(days=RING_DAYS))
    rows = await db.rows(
        """with lately as (
                select v.account_id as voter, e.account_id as maker from gallery.challenge_votes v
                join gallery.challenge_entries e on e.id = v.entry_id where v.id > %s),
             pairs as (select distinct voter, maker from lately),
             rings as (select l.voter, avg(case when p.voter is null then 0 else 1 end)::float8 as share from lately l
                left join pairs p on p.voter = l.maker and p.maker = l.voter group by l.voter)
           select v.entry_id, (p.voter is not null), coalesce(r.share, 0) from gallery.challenge_votes v
           join gallery.challenge_entries e on e.id = v.entry_id left join rings r on r.voter = v.account_id
           left join pairs p on p.voter = e.account_id and p.maker = v.account_id where e.challenge_id = %s""",
        since, challenge_id,
    )  # fmt: skip
    found: dict[int, list[float]] = {}
    for entry_id, returned, share in rows:
        found.setdefault(entry_id, []).append(damped(share) if returned else 1.0)
    return found


def damped(share: float) -> float:
    """The weight of a heart to someone who gave one back: near 1 where that is rare for the voter, RING_WEIGHT_MIN where all of theirs are so."""
    return 1.0 - (1.0 - RING_WEIGHT_MIN) * max(0.0, min(1.0, share))


async def _same_door(db: Database, one: int, other: int) -> bool:
    """Whether two came by the same invitation, and one of them lately."""
    if max(at(one), at(other)) < datetime.now(UTC) - timedelta(days=INVITE_DAYS):
        return False
    return await db.value(
        """select exists (select 1 from accounts.arrivals a join accounts.arrivals b on b.invite_id = a.invite_id
           where a.account_id = %s and b.account_id = %s)""",
        one, other,
    )  # fmt: skip
