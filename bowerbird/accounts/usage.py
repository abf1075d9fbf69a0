"""What each person had the models do: a row a day, tier and door; and how much of it a day holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import TooMany
from bowerbird.core.settings import settings

DAYS_MAX = 90


@dataclass(frozen=True, slots=True)
class Used:
    """What one day, tier and door came to."""

    day: date
    tier: str
    door: str
    requests: int
    prompt_tokens: int
    tokens: int
    pictures: int
    seconds: float


async def record(
    db: Database, account_id: int, tier: str, door: str, prompt_tokens: int, tokens: int, seconds: float, *, pictures: int = 0
) -> None:
    """Note one request. `tier`: full, mini, nano, picture, embedding or arena; `door`: api, chat, thread, mcp or arena. Of who
    left meanwhile nothing is noted."""
    await db.execute(
        """insert into accounts.model_usage as u (account_id, tier, door, requests, prompt_tokens, tokens, pictures, seconds)
           select p.id, %s, %s, 1, %s, %s, %s, %s from accounts.people p where p.id = %s
           on conflict (account_id, day, tier, door) do update set requests = u.requests + 1,
               prompt_tokens = u.prompt_tokens + excluded.prompt_tokens, tokens = u.tokens + excluded.tokens,
               pictures = u.pictures + excluded.pictures, seconds = u.seconds + excluded.seconds""",
        tier, door, prompt_tokens, tokens, pictures, seconds, account_id,
    )  # fmt: skip


async def of(db: Database, account_id: int, days: int = 30) -> list[Used]:
    """Somebody's last days, the newest first."""
    return await db.many(
        Used,
        """select day, tier, door, requests, prompt_tokens, tokens, pictures, seconds from accounts.model_usage
           where account_id = %s and day > current_date - %s::int order by day desc, tier, door""",
        account_id, min(days, DAYS_MAX),
    )  # fmt: skip


async def today(db: Database, account_id: int) -> int:
    """Tokens that somebody has had read and said today (UTC)."""
    return await db.value(
        "select coalesce(sum(prompt_tokens + tokens), 0)::bigint from accounts.model_usage where account_id = %s and day = current_date",
        account_id,
    )


async def allow(db: Database, person: Person) -> None:
    """Count one request with a token of theirs. Raises TooMany past what a minute or a day holds."""
    await limits.spend(db, f"models:{person.id}", times_max=settings().models_requests_per_minute_max, window_s=60)
    await within(db, person)


async def within(db: Database, person: Person) -> None:
    """Raises TooMany where today's tokens are used up."""
    if await today(db, person.id) >= settings().models_tokens_per_day_max:
        now = datetime.now(UTC)
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        raise TooMany(
            "Today's tokens are used up. They begin anew at midnight UTC.",
            retry_after_s=int((midnight - now).total_seconds()) + 1,
        )
