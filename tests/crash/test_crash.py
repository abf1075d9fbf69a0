"""kill -9, one process after the other, while people post and have pictures made: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from bowerbird.accounts import people, tokens
from bowerbird.core.database import Pool
from tests.conftest import House

pytestmark = pytest.mark.crash

BACK_S_MAX = 90.0
END_S_MAX = 20.0
POSTERS = 4
PAUSE_S = 1.0  # a person may write 60 posts in five minutes
WAITING = ("queued", "running")


def wait_for(what: str, true: Callable[[], Any], within_s: float = BACK_S_MAX) -> Any:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if found := true():
                return found
        except (httpx.HTTPError, psycopg.Error, psutil.Error, OSError, ValueError, IndexError, StopIteration):
            pass
        time.sleep(0.1)
    raise AssertionError(f"after {within_s:.0f} s still not: {what}")


@dataclass
class Processes:
    """The house's processes as they are now."""

    house: House

    @property
    def main(self) -> psutil.Process:
        assert self.house.process
        return psutil.Process(self.house.process.pid)

    def child(self, name: str) -> psutil.Process:
        return next(p for p in self.main.children() if p.cmdline()[-1:] == [name] and p.status() != psutil.STATUS_ZOMBIE)

    def web_workers(self) -> list[psutil.Process]:
        return self.child("serve").children()

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.house.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0]))

    def all(self) -> list[psutil.Process]:
        database = self.postmaster()
        return [self.main, *self.main.children(recursive=True), database, *database.children(recursive=True)]


@dataclass
class Traffic:
    """People who post and have pictures made until told to stop; what the house has acknowledged."""

    house: House
    tokens: list[str]
    posted: list[tuple[str, str]] = field(default_factory=list)  # (id, text), answered with 200
    asked: list[tuple[str, str]] = field(default_factory=list)  # (generation id, token), answered with 202
    refused: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [threading.Thread(target=self._post, args=(n,), daemon=True) for n in range(POSTERS)]
        self.threads.append(threading.Thread(target=self._generate, daemon=True))
        for one in self.threads:
            one.start()

    def end(self) -> None:
        self.stop.set()
        for one in self.threads:
            one.join(40)
            assert not one.is_alive()

    def client(self, token: str) -> httpx.Client:
        return self.house.client(headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def _post(self, who: int) -> None:
        number = 0
        with self.client(self.tokens[who]) as client:
            while not self.stop.wait(PAUSE_S):
                number += 1
                text = f"person {who} says number {number}"
                if answer := self._send(client, "/api/v1/statuses", {"status": text}, 200):
                    self.posted.append((answer["id"], text))

    def _generate(self) -> None:
        with self.client(self.tokens[-1]) as client:
            while not self.stop.wait(PAUSE_S * 1.5):
                asked = {"prompt": f"a red fox number {len(self.asked)}", "count": 2, "width": 256, "height": 256}
                if answer := self._send(client, "/api/bower/v1/generations", asked, 202):
                    self.asked.append((answer["id"], self.tokens[-1]))

    def _send(self, client: httpx.Client, path: str, body: dict[str, Any], well: int) -> dict[str, Any] | None:
        try:
            answer = client.post(path, json=body)
        except httpx.HTTPError as broken:
            self.refused[type(broken).__name__] += 1
            return None
        if answer.status_code != well:
            self.refused[str(answer.status_code)] += 1
            assert answer.status_code in (429, 500, 503), answer.text
            return None
        return answer.json()


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[House, Processes, Traffic]]:
    folder = Path(tempfile.mkdtemp(prefix="bower-crash-"))
    folder.chmod(0o755)  # the embedded PostgreSQL runs as a user of its own when we are root
    house = House(folder, {"BOWERBIRD_WEB_PROCESSES": "2"}).start()
    tokens = asyncio.run(settle(house, POSTERS + 1))
    yield house, Processes(house), Traffic(house, tokens)
    end_all(house, Processes(house))
    shutil.rmtree(folder, ignore_errors=True)


async def settle(house: House, count: int) -> list[str]:
    """People, by their tokens."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    async with pool.transaction() as db:
        tokens_ = [
            await tokens.create(db, await people.create(db, f"person{n}", email=None, password=None), ["read", "write"])
            for n in range(count)
        ]
    await pool.close()
    return tokens_


def end_all(house: House, now: Processes) -> None:
    assert house.process
    if house.process.poll() is None:
        left = now.all()
        house.process.kill()
        for process in left:
            try:
                process.kill()
            except psutil.Error:
                continue


def kill_9(process: psutil.Process) -> None:
    """End it as the kernel's memory killer would; returns when it has gone."""
    os.kill(process.pid, signal.SIGKILL)
    wait_for(f"{process.pid} is dead", lambda: gone(process), 5)


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_nothing_acknowledged_is_lost(town: tuple[House, Processes, Traffic]) -> None:
    house, now, traffic = town
    victims: list[tuple[str, Callable[[], psutil.Process]]] = [
        ("a web worker", lambda: now.web_workers()[0]),
        ("the models", lambda: now.child("models")),
        ("the models' own worker", lambda: now.child("models").children()[0]),
        ("the worker", lambda: now.child("work")),
        ("the web server", lambda: now.child("serve")),
        ("the database", now.postmaster),
    ]
    traffic.start()
    try:
        for name, find in victims:
            one_falls(name, find, now, traffic)
    finally:
        traffic.end()
    check_posts(house, traffic)
    check_pictures(house, traffic)


def one_falls(name: str, find: Callable[[], psutil.Process], now: Processes, traffic: Traffic) -> None:
    """Kill it; within BACK_S_MAX it stands again, everyone posts, and a new picture gets done."""
    before, asked = len(traffic.posted), len(traffic.asked)
    victim, workers = find(), now.web_workers()
    began = time.monotonic()
    kill_9(victim)
    wait_for(f"{name} is back", lambda: find().pid != victim.pid)
    wait_for("two web workers stand", lambda: len(now.web_workers()) == 2)
    wait_for("everyone posts again", lambda: len(traffic.posted) >= before + POSTERS)
    wait_for("the models answer", lambda: httpx.get(f"http://127.0.0.1:{now.house.runner_port}/healthz").status_code == 200)
    wait_for("a picture can be asked for", lambda: len(traffic.asked) > asked)
    assert time.monotonic() - began < BACK_S_MAX, name
    if name == "the web server":
        assert all(gone(process) for process in workers), "its workers outlived it"
    print(f"{name}: all well after {time.monotonic() - began:.1f} s")


def check_posts(house: House, traffic: Traffic) -> None:
    """Every post answered with 200 is there once, under the id that was told; what got no answer is there once at most."""
    with psycopg.connect(house.database_url) as connection:
        there = connection.execute("select id::text, text from social.posts").fetchall()
        in_homes = Counter(row[0] for row in connection.execute("select post_id::text from social.home").fetchall())
    assert len(traffic.posted) >= 6 * POSTERS
    assert set(traffic.posted) <= set(there)
    assert max(Counter(text for _, text in there).values()) == 1
    assert all(in_homes[id_] == 1 for id_, _ in there)
    with traffic.client(traffic.tokens[0]) as client:
        seen = {s["id"] for s in client.get("/api/v1/timelines/home", params={"limit": 40}).json()}
    newest = [id_ for id_, text in traffic.posted if text.startswith("person 0 ")][-10:]
    assert set(newest) <= seen


def check_pictures(house: House, traffic: Traffic) -> None:
    """Every generation answered with 202 ends well; each of its tries has one picture, and no picture is nobody's."""

    def states() -> list[str]:
        with psycopg.connect(house.database_url) as connection:
            return [row[0] for row in connection.execute("select state from studio.generations").fetchall()]

    wait_for("all pictures are done", lambda: not [s for s in states() if s in WAITING], 60)
    with psycopg.connect(house.database_url) as connection:
        made = dict(connection.execute("select id::text, state from studio.generations").fetchall())
        tries = connection.execute("select state, picture_id from studio.candidates").fetchall()
        pictures = [row[0] for row in connection.execute("select id from studio.pictures").fetchall()]
        files = connection.execute("select count(*) from media.attachments").fetchone()
    assert len(traffic.asked) > 5
    assert {made.get(id_) for id_, _ in traffic.asked} == {"done"}
    assert {state for state, _ in tries} == {"done"}
    assert sorted(id_ for _, id_ in tries) == sorted(pictures)
    assert files == (len(pictures),)
    with traffic.client(traffic.tokens[-1]) as client:
        last = client.get(f"/api/bower/v1/generations/{traffic.asked[-1][0]}").json()
        assert client.get(last["candidates"][0]["url"]).content[8:12] == b"WEBP"


def test_a_killed_supervisor_takes_its_house_along_and_the_next_stands_at_once(town: tuple[House, Processes, Traffic]) -> None:
    house, now, traffic = town
    old = now.main.children(recursive=True)
    kill_9(now.main)
    assert house.process
    house.process.wait(5)
    house.start()  # while the old ones are still about to notice
    wait_for("the old ones are gone", lambda: all(gone(process) for process in old), END_S_MAX)
    house.wait()
    with traffic.client(traffic.tokens[0]) as client:
        assert client.post("/api/v1/statuses", json={"status": "after the fall"}).status_code == 200
    words = [sys.executable, "-m", "bowerbird.cli", "run"]
    again = subprocess.run(words, env=house.env, capture_output=True, text=True, timeout=20, check=False)
    assert again.returncode == 1
    assert "already runs" in again.stderr


def test_ctrl_c_ends_everything_and_a_second_start_is_quick(town: tuple[House, Processes, Traffic]) -> None:
    house, now, traffic = town
    with traffic.client(traffic.tokens[0]) as client:
        asked = client.post(
            "/api/bower/v1/generations", json={"prompt": "cut short", "count": 4, "width": 1024, "height": 1024}
        ).json()
        where = f"/api/bower/v1/generations/{asked['id']}"
        wait_for("it is being painted", lambda: client.get(where).json()["state"] == "running")
        everything = now.all()
        with client.stream("GET", f"{where}/events") as watching:  # an open page does not keep the house open
            assert watching.status_code == 200
            began = time.monotonic()
            assert house.stop() == 0, house.log[-2000:]
    wait_for("all of it has ended", lambda: all(gone(process) for process in everything), END_S_MAX - (time.monotonic() - began))
    began = time.monotonic()
    house.start()
    assert time.monotonic() - began < 90  # some seconds alone; this machine may be doing other things
    with psycopg.connect(house.database_url) as connection:
        wait_for("what was cut short is done", lambda: not connection.execute(
            "select 1 from studio.generations where state in ('queued', 'running')").fetchall(), 60)  # fmt: skip
        assert connection.execute("select state from studio.generations where prompt = 'cut short'").fetchone() == ("done",)
    assert house.stop() == 0
