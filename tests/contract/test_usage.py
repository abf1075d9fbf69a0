"""The page of what the models did for somebody, and of the tokens that let their own programs ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from bowerbird.accounts import people, usage
from bowerbird.accounts.usage import Used
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import TooMany
from bowerbird.core.settings import settings
from bowerbird.web.pages.usage import days_of
from tests.conftest import House, Member
from tests.contract.test_people import csrf
from tests.contract.test_people import sign_in as sign_in_as

New = Callable[..., Member]
PAGE = "/settings/usage"


@contextmanager
def sign_in(house: House, member: Member) -> Generator[httpx.Client]:
    with house.client(timeout=30) as browser:
        assert sign_in_as(browser, member.name).status_code == 303
        yield browser


def test_a_token_is_made_shown_once_used_and_revoked(house: House, newcomer: New) -> None:
    ines = newcomer()
    with sign_in(house, ines) as browser:
        form = {"csrf": csrf(browser, PAGE), "name": "My editor", "scope": ["models:embeddings", "models:chat"]}
        made = browser.post("/settings/tokens", data=form)
        assert made.status_code == 201
        found = re.search(r'readonly value="([^"]+)"', made.text)
        assert found
        token = found[1]
        page = browser.get(PAGE).text
        assert "My editor" in page
        assert token not in page
        heads = {"Authorization": f"Bearer {token}"}
        assert httpx.post(f"{house.url}/v1/embeddings", json={"input": "a heron"}, headers=heads, timeout=30).status_code == 200
        assert httpx.get(f"{house.url}/api/v1/timelines/home", headers=heads).status_code == 403
        id_ = re.findall(r"/settings/tokens/(\d+)/revoke", page)
        assert id_
        gone = browser.post(f"/settings/tokens/{id_[0]}/revoke", data={"csrf": form["csrf"]})
        assert (gone.status_code, gone.headers["location"]) == (303, PAGE)
        assert httpx.get(f"{house.url}/v1/models", headers=heads).status_code == 401


@pytest.mark.parametrize(
    ("name", "scope", "said"),
    [("", "models:chat", "Give it a name"), ("x" * 61, "models:chat", "Give it a name"), ("x", "admin", "Choose at least one"), ("x", "", "Choose")],
)  # fmt: skip
def test_a_token_needs_a_name_and_something_to_do(house: House, newcomer: New, name: str, scope: str, said: str) -> None:
    with sign_in(house, newcomer()) as browser:
        answer = browser.post("/settings/tokens", data={"csrf": csrf(browser, PAGE), "name": name, "scope": scope})
        assert (answer.status_code, said in answer.text) == (422, True)
        assert "shown only once" not in answer.text


async def test_the_page_shows_each_day_and_model(house: House, newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    async with pool.transaction() as db:
        await usage.record(db, int(ines.id), "full", "chat", 1200, 300, 4.0)
        await usage.record(db, int(ines.id), "full", "chat", 0, 34, 0.5)
        await usage.record(db, int(ines.id), "mini", "thread", 90, 10, 100.0)
        await usage.record(db, int(ines.id), "picture", "api", 0, 0, 6.2, pictures=3)
    with sign_in(house, ines) as browser:
        page = re.sub(r"<[^>]+>", " ", browser.get(PAGE).text).replace("\u202f", " ")
    page = re.sub(r"\s+", " ", page)
    assert "1 634 of 500 000 tokens" in page
    assert "bower-full in chat 2 1 534 – 4.5 s" in page
    assert "bower-mini in threads 1 100 – 2 min" in page
    assert "bower-picture your programs 1 – 3 6.2 s" in page


def test_days_without_use_are_days_too() -> None:
    today = date(2026, 3, 2)
    used = [Used(today, "full", "api", 1, 50, 50, 0, 1.0), Used(today - timedelta(days=2), "mini", "api", 2, 20, 5, 0, 1.0)]
    days = days_of([*used, Used(today - timedelta(days=40), "mini", "api", 2, 20, 5, 0, 1.0)], today, 5)
    assert [day.tokens for day in days] == [0, 0, 25, 0, 100]
    assert [[(part.tier, part.percent) for part in day.parts] for day in days] == [
        [],
        [],
        [("mini", 25.0)],
        [],
        [("full", 100.0)],
    ]


async def test_what_a_minute_and_a_day_hold(db: Database, newcomer: New) -> None:
    me = await people.by_id(db, int(newcomer().id))
    await usage.allow(db, me)
    await usage.record(db, me.id, "nano", "mcp", settings().models_tokens_per_day_max, 0, 1.0)
    assert await usage.today(db, me.id) == settings().models_tokens_per_day_max
    with pytest.raises(TooMany) as over:
        await usage.allow(db, me)
    assert over.value.retry_after_s <= (datetime.now(UTC) + timedelta(days=1) - datetime.now(UTC)).total_seconds()


async def test_of_who_left_meanwhile_nothing_is_noted(db: Database) -> None:
    await usage.record(db, 7, "full", "chat", 10, 10, 1.0)
    assert await usage.of(db, 7) == []
