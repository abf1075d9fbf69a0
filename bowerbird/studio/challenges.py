"""A theme a day: chosen from a list by the day itself, or set by an administrator. Days begin and end at midnight UTC."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Literal

from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import new_id

VOTES_AFTER = timedelta(days=1)  # what is entered at the last minute is seen, too
TITLE_LENGTH_MAX, RULE_LENGTH_MAX = 80, 300
AHEAD_MAX = timedelta(days=366)
PAGE_MAX = 40
COLUMNS = "id, day, title, rule, by_hand, begins_at, ends_at, votes_end_at, settled_at"
State = Literal["coming", "open", "voting", "counting", "over"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One day's theme and its times."""

    id: int
    day: date
    title: str
    rule: str
    by_hand: bool
    begins_at: datetime
    ends_at: datetime
    votes_end_at: datetime
    settled_at: datetime | None

    @property
    def state(self) -> State:
        """coming; open (entries and votes); voting (votes only); counting; over (places stand)."""
        now = datetime.now(UTC)
        if now < self.begins_at:
            return "coming"
        if now < self.ends_at:
            return "open"
        if now < self.votes_end_at:
            return "voting"
        return "over" if self.settled_at else "counting"

    @property
    def next_at(self) -> datetime | None:
        """When that state ends."""
        return {"coming": self.begins_at, "open": self.ends_at, "voting": self.votes_end_at}.get(self.state)

    @property
    def words(self) -> str:
        """What pictures are compared with."""
        return f"{self.title}. {self.rule}"


@cache
def themes() -> tuple[tuple[str, str], ...]:
    """(title, rule) of every theme of the list."""
    read = tomllib.loads((resources.files("bowerbird.studio") / "themes.toml").read_text("utf-8"))
    return tuple((str(title), str(rule)) for title, rule in read["themes"])


def theme_of(day: date) -> tuple[str, str]:
    """The list's theme for a day: every one comes once in a round, each round in another order; the same day always has the same."""
    known = themes()
    round_, place = divmod(day.toordinal(), len(known))
    order = sorted(known, key=lambda theme: hashlib.sha256(f"{round_}:{theme[0]}".encode()).digest())
    return order[place]


async def today(db: Database) -> Challenge:
    """Today's challenge, begun now where nobody has begun it yet. Twice is once."""
    day = datetime.now(UTC).date()
    title, rule = theme_of(day)
    return await begin(db, day, title, rule)


async def begin(db: Database, day: date, title: str, rule: str, *, by_hand: bool = False) -> Challenge:
    """The challenge of a day, with this theme unless it has one."""
    begins = datetime.combine(day, time(), UTC)
    ends = begins + timedelta(days=1)
    await db.execute(
        """insert into studio.challenges (id, day, title, rule, by_hand, begins_at, ends_at, votes_end_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (day) do nothing""",
        new_id(), day, title, rule, by_hand, begins, ends, ends + VOTES_AFTER,
    )  # fmt: skip
    return await db.one(Challenge, f"select {COLUMNS} from studio.challenges where day = %s", day)


async def choose(db: Database, day: date, title: str, rule: str, *, entered: bool) -> Challenge:
    """Have an administrator's own theme for a day, today (unless something was `entered`) or later. Raises Invalid or Conflict."""
    title, rule = " ".join(title.split()), " ".join(rule.split())
    if not 1 <= len(title) <= TITLE_LENGTH_MAX or not 1 <= len(rule) <= RULE_LENGTH_MAX:
        raise Invalid(f"A theme has a title of up to {TITLE_LENGTH_MAX} characters and a rule of up to {RULE_LENGTH_MAX}.")
    now = datetime.now(UTC).date()
    if not now <= day <= now + AHEAD_MAX:
        raise Invalid("A theme is for today or a later day, a year ahead at most.")
    if entered:
        raise Conflict("Somebody has entered that challenge already. Choose another day.")
    begun = await begin(db, day, title, rule, by_hand=True)
    return await db.one(
        Challenge,
        f"update studio.challenges set title = %s, rule = %s, by_hand = true where id = %s returning {COLUMNS}",
        title, rule, begun.id,
    )  # fmt: skip


async def by_id(db: Database, id_: int) -> Challenge:
    """A challenge that has begun. Raises NotFound: themes to come are not told."""
    found = await db.one(Challenge, f"select {COLUMNS} from studio.challenges where id = %s", id_)
    if found.state == "coming":
        raise NotFound
    return found


async def of_day(db: Database, day: date) -> Challenge | None:
    """The challenge of a day, begun or to come."""
    return await db.maybe(Challenge, f"select {COLUMNS} from studio.challenges where day = %s", day)


async def archive(db: Database, *, before: int | None = None, limit: int = 20) -> list[Challenge]:
    """Challenges that have begun, the newest day first; `before` is the id of the last one had."""
    after = await db.value("select day from studio.challenges where id = %s", before) if before else None
    more, args = ("and day < %s", (after,)) if after else ("", ())
    return await db.many(
        Challenge, f"select {COLUMNS} from studio.challenges where begins_at <= now() {more} order by day desc limit %s",
        *args, min(limit, PAGE_MAX),
    )  # fmt: skip


async def due(db: Database) -> list[Challenge]:
    """Those whose voting is over and whose places do not stand yet, one at a time for each worker."""
    return await db.many(
        Challenge,
        f"""select {COLUMNS} from studio.challenges where settled_at is null and votes_end_at <= now()
            order by day limit 1 for update skip locked""",
    )


async def settle(db: Database, challenge: Challenge) -> None:
    """Its places stand."""
    await db.execute("update studio.challenges set settled_at = now() where id = %s", challenge.id)
