"""A real house for the whole run: `bowerbird run` on free ports with a data directory of its own, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the house: threads that spin for each other cost more than they bring
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import httpx
import psycopg
import pytest

from bowerbird.accounts import passwords, people, tokens
from bowerbird.core.database import Database, Pool
from tests.run import LOGS

START_S = 90
PASSWORD = "a nest of blue glass"
CLEAR = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # houses here speak without TLS, and reading the world's roots takes a while
_numbers = itertools.count(1)
T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back at the whole run comes last."""
    items.sort(key=lambda item: "test_sql" in item.nodeid)


def free_port() -> int:
    """One that nobody is given by chance between now and its use: below those of outgoing connections."""
    while True:
        port = 12_000 + secrets.randbelow(18_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


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

    def client(self, **options: Any) -> httpx.Client:
        """A program or a browser without a window, with cookies of its own."""
        return httpx.Client(**{"base_url": self.url, "timeout": 30, "verify": CLEAR, **options})

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def statements(self) -> Path:
        """What its database wrote down."""
        return self.folder / "data" / "postgres" / "log"

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
                    if httpx.get(door, timeout=5, verify=CLEAR).status_code == 200:
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
    with psycopg.connect(one.database_url, autocommit=True) as connection:
        connection.execute("alter system set log_statement = 'all'")  # tests/house/test_sql.py reads it
        connection.execute("alter system set fsync = off")  # it need not outlive this machine
        connection.execute("select pg_reload_conf()")
    yield one
    assert one.stop() == 0, one.log[-4000:]
    if kept := os.environ.get(LOGS):
        shutil.copy(one.statements, Path(kept) / f"{os.getpid()}")


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


class Loop:
    """An event loop in a thread of its own, for tests that are no coroutines."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it, once it has ended."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def newcomer(house: House) -> Iterator[Callable[..., Member]]:
    """Makes people by the same verbs as the terminal does, without a process for each."""
    loop, own = Loop(), Pool(house.database_url, 2)
    loop.run(own.open())
    hashed = loop.run(passwords.hashed(PASSWORD))  # once: it takes long by design
    clients: list[httpx.Client] = []

    async def make(name: str, role: Any, scopes: list[str]) -> tuple[int, str]:
        async with own.transaction() as database:
            person = await people.create(database, name, email=f"{name}@example.org", password=None, role=role)
            await database.execute("update accounts.people set password_hash = %s where id = %s", hashed, person.id)
            return person.id, await tokens.create(database, person, scopes)

    def newcomer(role: str = "user", scopes: str = "read write follow push") -> Member:
        name = f"p{next(_numbers)}_{secrets.token_hex(2)}"
        id_, token = loop.run(make(name, role, scopes.split()))
        clients.append(house.client(headers={"Authorization": f"Bearer {token}"}))
        return Member(str(id_), name, token, clients[-1])

    yield newcomer
    for client in clients:
        client.close()
    loop.run(own.close())
    loop.close()


@pytest.fixture
def visitor(house: House) -> Iterator[httpx.Client]:
    """Someone who is not signed in."""
    with house.client() as client:
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
