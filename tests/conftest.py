"""A real house for the whole run: `bowerbird run` on free ports with a data directory of its own, spoken to over HTTP."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from bowerbird.core.database import Database, Pool

START_S = 90
PASSWORD = "a nest of blue glass"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back at the whole run comes last."""
    items.sort(key=lambda item: "test_sql" in item.nodeid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Member:
    """Someone who lives in the house, with a client that carries their token."""

    id: str
    name: str
    token: str
    client: httpx.Client

    def post(self, text: str = "hello", **fields: Any) -> dict[str, Any]:
        answer = self.client.post("/api/v1/statuses", json={"status": text, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def follow(self, other: Member) -> None:
        assert self.client.post(f"/api/v1/accounts/{other.id}/follow").status_code == 200

    def home(self) -> list[dict[str, Any]]:
        return self.client.get("/api/v1/timelines/home").json()


@dataclass
class House:
    """A running house."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=free_port)
    runner_port: int = field(default_factory=free_port)
    feed_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres:@/bowerbird?host={self.folder / 'data' / 'postgres'}"

    @property
    def env(self) -> dict[str, str]:
        own = {
            "BOWERBIRD_DATA_DIR": str(self.folder / "data"), "BOWERBIRD_PORT": str(self.port), "BOWERBIRD_RUNNER_PORT": str(self.runner_port),
            "BOWERBIRD_FEED_PORT": str(self.feed_port),
            "BOWERBIRD_WEB_PROCESSES": "1", "BOWERBIRD_LOG_LEVEL": "warning", "BOWERBIRD_SIGN_IN_ATTEMPTS_MAX": "1000",
            "BOWERBIRD_SIGN_UPS_PER_HOUR_MAX": "1000", "BOWERBIRD_SEARCHES_PER_MINUTE_MAX": "10000", "BOWERBIRD_PRIVATE_ADDRESSES": "allow",
        }  # fmt: skip
        return {**os.environ, **own, **self.environ}

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> House:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bowerbird.cli", "run"], env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        self.wait()
        return self

    def wait(self, *ports: int) -> None:
        """Until the pages and the models answer, as whoever starts a house is told; or what listens on these ports."""
        until = time.monotonic() + START_S
        for door in (f"http://localhost:{port}/healthz" for port in ports or (self.port, self.runner_port)):
            while True:
                try:
                    if httpx.get(door, timeout=5).status_code == 200:
                        break
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < until, f"{door} does not answer:\n{self.log[-4000:]}"
                assert self.process is None or self.process.poll() is None, f"the house fell:\n{self.log[-4000:]}"
                time.sleep(0.1)

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def command(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "bowerbird.cli", *words], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    for part in (folder, *folder.parents):  # the embedded PostgreSQL runs as a user of its own when we are root
        if (part != Path("/tmp") and part.owner() != "root") or os.geteuid() == 0:
            part.chmod(part.stat().st_mode | 0o055)
        if part == Path("/tmp"):
            break
    one = House(folder).start()
    one.wait(one.feed_port)
    with psycopg.connect(one.database_url, autocommit=True) as connection:  # tests/house/test_sql.py reads it
        connection.execute("alter system set log_statement = 'all'")
        connection.execute("select pg_reload_conf()")
    yield one
    assert one.stop() == 0, one.log[-4000:]


@pytest.fixture
async def pool(house: House) -> AsyncIterator[Pool]:
    """Our own verbs on the house's own database."""
    own = Pool(house.database_url, 4)
    await own.open()
    yield own
    await own.close()


@pytest.fixture
async def db(pool: Pool) -> AsyncIterator[Database]:
    """A transaction that is rolled back."""
    async with pool.reading() as database, database.connection.transaction(force_rollback=True):
        yield database


@pytest.fixture(scope="session")
def newcomer(house: House) -> Iterator[Callable[..., Member]]:
    """Makes people by the same verbs as the terminal does, without a process for each."""
    import asyncio

    from bowerbird.accounts import people, tokens

    clients: list[httpx.Client] = []

    async def make(name: str, role: str, scopes: list[str]) -> tuple[int, str]:
        own = Pool(house.database_url, 2)
        await own.open()
        async with own.transaction() as database:
            person = await people.create(database, name, email=f"{name}@example.org", password=PASSWORD, role=role)  # type: ignore[arg-type]
            token = await tokens.create(database, person, scopes)
        await own.close()
        return person.id, token

    def newcomer(role: str = "user", scopes: str = "read write follow push") -> Member:
        name = f"p{next(_numbers)}_{secrets.token_hex(2)}"
        import threading

        answer: list[tuple[int, str]] = []
        thread = threading.Thread(target=lambda: answer.append(asyncio.run(make(name, role, scopes.split()))))
        thread.start()
        thread.join()
        id_, token = answer[0]
        client = httpx.Client(base_url=house.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        clients.append(client)
        return Member(str(id_), name, token, client)

    yield newcomer
    for client in clients:
        client.close()


@pytest.fixture
def visitor(house: House) -> Iterator[httpx.Client]:
    """Someone who is not signed in."""
    with httpx.Client(base_url=house.url, timeout=30) as client:
        yield client


def picture_of(member: Member, prompt: str = "a red fox in the snow", **fields: Any) -> dict[str, Any]:
    """Have one small picture made and wait for it; the finished generation."""
    answer = member.client.post(
        "/api/bower/v1/generations", json={"prompt": prompt, "count": 1, "width": 256, "height": 256, **fields}
    )
    assert answer.status_code == 202, answer.text
    done = finished(member, answer.json()["id"])
    assert done["state"] == "done" or "edits" in fields, done["error"]
    return done


def finished(member: Member, id_: str, within_s: float = 90) -> dict[str, Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        now = member.client.get(f"/api/bower/v1/generations/{id_}").json()
        if now["state"] not in ("queued", "running"):
            return now
        time.sleep(0.05)
    raise AssertionError(f"generation {id_} did not end: {now}")


@pytest.fixture
def checks_from_none(house: House) -> None:
    """All tests check pictures from one address, which may only do it a few times: this one starts with none used up."""
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute("delete from core.limits where what like 'check:%'")
