"""What the models did for somebody, day by day, and the tokens that let their own programs ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import scopes, tokens, usage
from bowerbird.accounts.people import Person
from bowerbird.accounts.usage import Used
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.inference import chat
from bowerbird.web import asking
from bowerbird.web.asking import Form

DAYS = 30
NAME_LENGTH_MAX = 60
TOKENS_MAX = 50  # of one's own
OFFERED = ("models:chat", "models:pictures", "models:embeddings", "read", "write")
TALKING = ("full", "mini", "nano", "embedding", "arena")


@dataclass(frozen=True, slots=True)
class Part:
    """A tier's share of a day's bar, in per cent of the largest day."""

    tier: str
    percent: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its bar, its sums and its lines."""

    day: date
    parts: list[Part]
    lines: list[Used]

    @property
    def tokens(self) -> int:
        """Read and said together."""
        return sum(one.prompt_tokens + one.tokens for one in self.lines)

    @property
    def requests(self) -> int:
        """Whatever was asked for."""
        return sum(one.requests for one in self.lines)

    @property
    def pictures(self) -> int:
        """Pictures made."""
        return sum(one.pictures for one in self.lines)

    @property
    def seconds(self) -> float:
        """How long the models were at it."""
        return sum(one.seconds for one in self.lines)


def days_of(used: Sequence[Used], today: date, days: int = DAYS) -> list[Day]:
    """Every day of the last `days`, the oldest first, also those without any use."""
    of: dict[date, list[Used]] = {today - timedelta(days=back): [] for back in reversed(range(days))}
    for one in used:
        if one.day in of:
            of[one.day].append(one)
    most = max((sum(one.prompt_tokens + one.tokens for one in lines) for lines in of.values()), default=0) or 1
    return [Day(day, _parts(lines, most), lines) for day, lines in of.items()]


def _parts(lines: Sequence[Used], most: int) -> list[Part]:
    sums = {tier: sum(one.prompt_tokens + one.tokens for one in lines if one.tier == tier) for tier in TALKING}
    return [Part(tier, round(100 * tokens / most, 2)) for tier, tokens in sums.items() if tokens]


async def _page(
    request: Ask, me: Person, *, status: int = 200, made: str = "", form: Form | None = None, wrong: str = ""
) -> Response[str]:
    states = await chat.state()
    async with pool(request).reading() as db:
        days = days_of(await usage.of(db, me.id, DAYS), datetime.now(UTC).date())
        own = [one for one in await tokens.of(db, me) if one.personal]
        shared = await asking.context(request, db, me)
    day_max = settings().models_tokens_per_day_max
    chosen = form.lists.get("scope", []) if form else ["models:chat", "models:pictures", "models:embeddings"]
    return asking.page(
        request, "settings/usage.jinja", shared, status=status, days=days, today=days[-1], day_max=day_max,
        day_percent=min(100, round(100 * days[-1].tokens / day_max)), tokens=own, made=made, states=states,
        offered=[(scope, scopes.said(scope), scope in chosen) for scope in OFFERED], typed=form.text("name") if form else "",
        errors={"token": wrong} if wrong else {},
    )  # fmt: skip


@get("/settings/usage")
async def read(request: Ask) -> Response[Any]:
    """The page."""
    return await _page(request, await asking.me(request))


@post("/settings/tokens", status_code=201)
async def make(request: Ask) -> Response[Any]:
    """A new token; its text is on this one page only."""
    me = await asking.me(request)
    form = await asking.form(request)
    name, wanted = form.text("name").strip(), [one for one in form.lists.get("scope", []) if one in OFFERED]
    try:
        if not 1 <= len(name) <= NAME_LENGTH_MAX:
            raise Invalid(f"Give it a name of up to {NAME_LENGTH_MAX} characters, so that you know it again.")
        if not wanted:
            raise Invalid("Choose at least one thing that it may do.")
        async with pool(request).transaction() as db:
            if len([one for one in await tokens.of(db, me) if one.personal]) >= TOKENS_MAX:
                raise Invalid(f"You have {TOKENS_MAX} tokens. Revoke one first.")
            text = await tokens.create(db, me, wanted, name)
    except Invalid as wrong:
        return await _page(request, me, status=422, form=form, wrong=wrong.said)
    return await _page(request, me, status=201, made=text)


HANDLERS = [read, make]
