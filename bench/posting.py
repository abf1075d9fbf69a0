"""Writing a post with 200 local followers, and how soon their open pages have heard: `python -m bench.posting`."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass

import httpx

from bench.house import House, spent
from bench.report import Table
from bowerbird.accounts import people, sessions, tokens
from bowerbird.accounts.people import Person
from bowerbird.core.database import Pool
from bowerbird.social import graph

FOLLOWERS = 200
AUTHORS = 10
POSTS_EACH = 30  # the house lets a person write 60 in five minutes
WARM = 3
HEARD_POSTS = 10
HEARD_S_MAX = 20.0


@dataclass(frozen=True)
class Crowd:
    """Authors by their tokens, and the session cookies of those who follow all of them."""

    authors: list[str]
    cookies: list[str]


async def crowd(pool: Pool) -> Crowd:
    """AUTHORS people, each followed by the same FOLLOWERS people."""
    followers: list[Person] = []
    cookies: list[str] = []
    authors: list[str] = []
    async with pool.transaction() as db:
        for n in range(FOLLOWERS):
            followers.append(await people.create(db, f"follower{n}", email=None, password=None))
            cookies.append(await sessions.begin(db, followers[-1], device="bench", address="127.0.0.1"))
    for n in range(AUTHORS):
        async with pool.transaction() as db:
            author = await people.create(db, f"author{n}", email=None, password=None)
            authors.append(await tokens.create(db, author, ["read", "write"]))
            for follower in followers:
                await graph.follow(db, follower, author)
    return Crowd(authors, cookies)


async def write(house: House, authors: list[str]) -> list[float]:
    """Seconds of each POST /api/v1/statuses, one after the other, over one kept connection."""
    took: list[float] = []
    async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
        for n in range(POSTS_EACH):
            for token in authors:
                began = time.perf_counter()
                answer = await client.post(
                    "/api/v1/statuses",
                    json={"status": f"number {n}: a heron stands where the reeds bend #bower"},
                    headers={"Authorization": f"Bearer {token}"},
                )
                if n >= WARM:
                    took.append(time.perf_counter() - began)
                assert answer.status_code == 200, answer.text
    return took


class Listener:
    """One open page: its moments of hearing `fresh`."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.heard = asyncio.Event()
        self.at = 0.0

    async def listen(self, url: str, cookie: str, since: str) -> None:
        """Read the stream of /live until cancelled."""
        parts = httpx.URL(url)
        reader, writer = await asyncio.open_connection(parts.host, parts.port, limit=1 << 20)
        lines = [f"GET /live?feed=following&since={since} HTTP/1.1", f"Host: {parts.host}", f"Cookie: bower_session={cookie}"]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"event: unread"):
                    self.open.set()
                elif line.startswith(b"event: fresh"):
                    self.at = time.perf_counter()
                    self.heard.set()
        finally:
            writer.close()


async def hear(house: House, there: Crowd) -> tuple[list[float], list[float]]:
    """Seconds from the answer to the writer until (each open page, the last of them) has heard."""
    each: list[float] = []
    last: list[float] = []
    async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
        headers = {"Authorization": f"Bearer {there.authors[0]}"}
        first = (await client.post("/api/v1/statuses", json={"status": "before"}, headers=headers)).json()
        listeners = [Listener() for _ in there.cookies]
        tasks = [
            asyncio.create_task(one.listen(house.url, cookie, first["id"]))
            for one, cookie in zip(listeners, there.cookies, strict=True)
        ]
        try:
            await asyncio.wait_for(asyncio.gather(*(one.open.wait() for one in listeners)), 60)
            for n in range(HEARD_POSTS):
                for one in listeners:
                    one.heard.clear()
                headers = {"Authorization": f"Bearer {there.authors[n % AUTHORS]}"}
                answer = await client.post("/api/v1/statuses", json={"status": f"hear {n}"}, headers=headers)
                began = time.perf_counter()
                assert answer.status_code == 200, answer.text
                await asyncio.wait_for(asyncio.gather(*(one.heard.wait() for one in listeners)), HEARD_S_MAX)
                took = [max(0.0, one.at - began) for one in listeners]
                each += took
                last.append(max(took))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return each, last


async def _all(house: House) -> list[Table]:
    pool = Pool(house.database_url, 2)
    await pool.open()
    there = await crowd(pool)
    await pool.close()
    before = house.cpu_s()
    took = await write(house, there.authors)
    cpu = spent(before, house.cpu_s())
    cuts = statistics.quantiles(took, n=100)
    posts = POSTS_EACH * AUTHORS
    writing = Table(
        "Writing a post with 200 local followers",
        ["posts", "p50 ms", "p95 ms", "p99 ms", "CPU-ms each", "of that: serve, PostgreSQL"],
    )
    parts = f"{cpu['serve'] / posts * 1000:.1f}, {cpu['postgres'] / posts * 1000:.1f}"
    writing.add(len(took), *(f"{cuts[n] * 1000:.1f}" for n in (49, 94, 98)), f"{sum(cpu.values()) / posts * 1000:.1f}", parts)
    each, last = await hear(house, there)
    hearing = Table(
        "From the writer's answer until open pages of 200 followers have shown “1 new post”", ["who", "p50 ms", "p95 ms"]
    )
    for who, times in (("each page", each), ("the last page", last)):
        cuts = statistics.quantiles(times, n=20)
        hearing.add(who, f"{cuts[9] * 1000:.0f}", f"{cuts[18] * 1000:.0f}")
    hearing.note = f"{HEARD_POSTS} posts, {FOLLOWERS} open streams of the home page; each page waits 50 ms to tell a burst once."
    return [writing, hearing]


def run() -> list[Table]:
    """Measure in a house of its own."""
    with House() as house:
        return asyncio.run(_all(house))


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.posting").parse_args()
    for one in run():
        print(one.text())
