"""The floor: ids, settings, secrets, live news, limits."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import RequestFactory

from bowerbird import door
from bowerbird.core import ids, limits, live, migrate, secrets, settings
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Misconfigured, TooMany
from tests.conftest import House


def test_ids_rise_and_know_their_time() -> None:
    made = [ids.new_id() for _ in range(2000)]
    assert made == sorted(set(made))
    assert abs(ids.at(made[0]) - datetime.now(UTC)) < timedelta(seconds=5)
    assert ids.before(ids.at(made[0])) <= made[0] <= ids.ID_MAX


@given(st.text(max_size=30))
def test_parse_takes_ids_only(typed: str) -> None:
    found = ids.parse(typed)
    assert found is None or ((str(found) == typed.lstrip("0") or typed.strip("0") == "") and 0 <= found <= ids.ID_MAX)


def test_environment_over_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / "bowerbird.toml").write_text('name = "Harbour"\nport = 9000\n')
    found = settings.load({"BOWERBIRD_DATA_DIR": str(tmp_path), "BOWERBIRD_PORT": "9001"})
    assert (found.name, found.port, found.registration) == ("Harbour", 9001, "open")
    assert found.origin == "http://localhost:9001"


@pytest.mark.parametrize(("key", "value"), [("PORT", "0"), ("PORT", "x"), ("REGISTRATION", "maybe"), ("TEXT_LENGTH_MAX", "1")])
def test_a_setting_that_does_not_fit_is_named(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=key.lower()):
        settings.load({"BOWERBIRD_DATA_DIR": str(tmp_path), f"BOWERBIRD_{key}": value})


def test_secrets_are_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    where = settings.load({"BOWERBIRD_DATA_DIR": str(tmp_path)})
    first = secrets.secret(where, "csrf")
    assert secrets.secret(where, "csrf") == first != secrets.secret(where, "runner")
    assert stat.S_IMODE(os.stat(tmp_path / "secrets" / "csrf").st_mode) == 0o600


async def test_limits_count_per_window(db: Database) -> None:
    for _ in range(3):
        await limits.spend(db, "test", times_max=3, window_s=3600)
    with pytest.raises(TooMany) as full:
        await limits.spend(db, "test", times_max=3, window_s=3600)
    assert 0 < full.value.retry_after_s <= 3600
    await limits.forget(db, "test")
    await limits.spend(db, "test", times_max=3, window_s=3600)


@pytest.mark.parametrize(
    ("proxies", "passed", "address"),
    [
        ("0", "203.0.113.9", "test.org"),
        ("1", "203.0.113.9", "203.0.113.9"),
        ("1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("2", "x", "test.org"),
    ],
)
def test_an_address_is_believed_as_far_as_our_own_proxies_wrote_it(
    monkeypatch: pytest.MonkeyPatch, proxies: str, passed: str, address: str
) -> None:
    where = settings.load({"BOWERBIRD_PROXIES": proxies})
    monkeypatch.setattr(door, "settings", lambda: where)
    request = RequestFactory().get("/", headers={"X-Forwarded-For": passed})
    assert door.address_of(request) == address


async def test_news_come_with_the_commit_and_not_before(house: House, pool: Pool) -> None:
    hub = live.Hub(house.database_url)
    await hub.start()
    try:
        with hub.subscribe("home:1") as mine, hub.subscribe("home:2", "local") as other:
            async with pool.transaction() as db:
                await live.tell(db, ["home:1", "home:2", "local"], "post", 7)
                await asyncio.sleep(0.2)
                assert mine.empty()
            assert (await asyncio.wait_for(mine.get(), 5)).id == "7"
            assert (await asyncio.wait_for(other.get(), 5)).kind == "post"
            assert other.empty()  # once, though two of its topics were named
            async with pool.transaction() as db:  # more topics than one payload holds
                await live.tell(db, [f"home:{n}" for n in range(1, 2000)], "post", 8)
            assert (await asyncio.wait_for(mine.get(), 5)).id == "8"
    finally:
        await hub.stop()


async def test_a_slow_reader_loses_the_oldest_only() -> None:
    hub = live.Hub("")
    with hub.subscribe("a") as queue:
        for number in range(live.QUEUE_LENGTH_MAX + 10):
            hub.deliver(live.News("post", str(number), ["a"]))
        assert queue.qsize() == live.QUEUE_LENGTH_MAX
        assert queue.get_nowait().id == "10"


async def test_the_schema_is_built_from_the_files(house: House, db: Database) -> None:
    done = await db.values("select name from core.migrations order by name")
    assert done == ["0000_queue", *(name for name, _ in migrate.files())]
    assert migrate.migrate(house.database_url) == []
