"""What reading and writing cost in CPU, server and database together, beside the database alone: `python -m bench.network`."""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from dataclasses import dataclass

import httpx
import psycopg

from bench import load, town
from bench.house import House, spent
from bench.report import Table
from bowerbird.core.database import Pool
from bowerbird.gallery import showing
from bowerbird.social import graph, reactions
from bowerbird.social.posts import Post

SECONDS = 3.0
FLOOR_TIMES = 2_000
POSTS = 40
REPLIES = 30
SETTLE_S = 3.0  # after writing: the worker has done what was left to it
# given: what the leanest existing server costs on this kind of machine, CPU-ms, Go with its database
LEANEST = {
    "home of 20": 0.9,
    "local timeline of 20": 1.5,
    "one status": 0.17,
    "context of 30 replies": 1.6,
    "notifications of 20": 2.3,
}
HEAR_S_MAX = 20.0


@dataclass(frozen=True)
class Hub:
    """Someone with 200 follows and 200 followers, a post of theirs with 30 replies and 20 and more notifications."""

    there: town.Town
    thread: Post
    follower_tokens: list[str]


async def build(house: House, posts: int = town.POSTS) -> Hub:
    """The town, with everybody following its reader too."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        there = await town.fill(pool, posts=posts)
        tokens: list[str] = []
        async with pool.transaction() as db:
            for author in there.authors:
                await graph.follow(db, author, there.reader)
                tokens.append(await town.tokens.create(db, author, ["read"]))
        async with pool.transaction() as db:
            top = await showing.publish(db, there.reader, "what would you hang in a bower?")
            above: list[Post] = [top]
            for n in range(REPLIES):
                author = there.authors[n % len(there.authors)]
                above.append(
                    await showing.publish(db, author, f"reply {n}: blue glass and a feather", reply_to_id=above[n // 3].id)
                )
            for author in there.authors[:40]:
                await reactions.like(db, author, top.id)
        async with pool.reading() as db:
            await db.execute("vacuum analyze")
        return Hub(there, top, tokens)
    finally:
        await pool.close()


def reads(hub: Hub) -> dict[str, tuple[str, str, tuple[object, ...]]]:
    """(address, SQL that reads the same rows and nothing else, its arguments) by name."""
    me, top = hub.there.reader.id, hub.thread.id
    home = "select p.* from social.home h join social.posts p on p.id = h.post_id where h.owner_id = %s order by h.post_id desc limit 20"
    local = """select p.* from social.posts p where visibility = 'public' and deleted_at is null and boost_of_id is null and thread_id = id
               order by id desc limit 20"""
    told = "select n.* from social.notifications n where account_id = %s order by id desc limit 20"
    return {
        "home of 20": ("/api/v1/timelines/home", home, (me,)),
        "local timeline of 20": ("/api/v1/timelines/public", local, ()),
        "one status": (f"/api/v1/statuses/{top}", "select * from social.posts where id = %s", (top,)),
        "context of 30 replies": (
            f"/api/v1/statuses/{top}/context",
            "select * from social.posts where thread_id = %s order by id",
            (top,),
        ),
        "notifications of 20": ("/api/v1/notifications?limit=20", told, (me,)),
    }


def floor_ms(house: House, sql: str, args: tuple[object, ...]) -> float:
    """CPU-ms of PostgreSQL and a bare psycopg for the rows alone, prepared."""
    with psycopg.connect(house.database_url, autocommit=True, prepare_threshold=0) as connection:
        for _ in range(20):
            connection.execute(sql, args).fetchall()  # type: ignore[arg-type]
        before, own = house.cpu_s(), _own_s()
        for _ in range(FLOOR_TIMES):
            connection.execute(sql, args).fetchall()  # type: ignore[arg-type]
        return (spent(before, house.cpu_s())["postgres"] + _own_s() - own) / FLOOR_TIMES * 1000


def _own_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read(house: House, hub: Hub) -> Table:
    """CPU-milliseconds a request."""
    table = Table(
        "Reading, CPU-milliseconds a request",
        [
            "asked",
            "CPU-ms",
            "of that: serve, PostgreSQL",
            "the rows alone",
            "leanest other server (given)",
            "bytes",
            "requests/s",
        ],
    )
    key = [f"Authorization: Bearer {hub.there.token}"]
    for name, (path, sql, args) in reads(hub).items():
        warm = load.run(house.url + path, headers=key, together=4, seconds=1)
        before = house.cpu_s()
        result = load.run(house.url + path, headers=key, together=4, seconds=SECONDS)
        cpu = spent(before, house.cpu_s())
        each = {part: s / result.requests * 1000 for part, s in cpu.items()}
        assert warm.requests > 0
        table.add(
            name, f"{each['serve'] + each['postgres']:.2f}", f"{each['serve']:.2f}, {each['postgres']:.2f}", f"{floor_ms(house, sql, args):.2f}",
            LEANEST[name], result.bytes_each, f"{result.per_second:.0f}",
        )  # fmt: skip
    return table


class Ear:
    """One open stream: when it heard of each post."""

    def __init__(self) -> None:
        self.open, self.heard, self.at = asyncio.Event(), asyncio.Event(), 0.0

    async def listen(self, url: str, token: str) -> None:
        """Read /api/v1/streaming/user until cancelled."""
        parts = httpx.URL(url)
        reader, writer = await asyncio.open_connection(parts.host, parts.port, limit=1 << 20)
        lines = ["GET /api/v1/streaming/user HTTP/1.1", f"Host: {parts.host}", f"Authorization: Bearer {token}"]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            while line := await reader.readline():
                if line.startswith(b":"):
                    self.open.set()
                elif line.startswith(b"event: update"):
                    self.at = time.perf_counter()
                    self.heard.set()
        finally:
            writer.close()


async def write(house: House, hub: Hub) -> list[Table]:
    """A public post to 200 followers: its CPU in all, nobody listening; then how soon 200 open streams have it."""
    headers = {"Authorization": f"Bearer {hub.there.token}"}
    async with httpx.AsyncClient(base_url=house.url, timeout=30, headers=headers) as client:
        idle = house.cpu_s()
        await asyncio.sleep(SETTLE_S)
        at_rest = sum(spent(idle, house.cpu_s()).values()) / SETTLE_S
        before, began = house.cpu_s(), time.perf_counter()
        for n in range(POSTS):
            assert (
                await client.post("/api/v1/statuses", json={"status": f"{n}: a heron where the reeds bend"})
            ).status_code == 200
        await asyncio.sleep(SETTLE_S)
        cpu = spent(before, house.cpu_s())
        rest = at_rest * (time.perf_counter() - began)
        each = {part: s / POSTS * 1000 for part, s in cpu.items()}
        cost = Table(
            "Writing a public post that 200 local followers read, CPU-milliseconds in all",
            ["CPU-ms", "of that: serve, PostgreSQL, work", "leanest other server (given)"],
        )
        total = (sum(cpu.values()) - rest) / POSTS * 1000
        cost.add(f"{total:.1f}", f"{each['serve']:.1f}, {each['postgres']:.1f}, {each['work']:.1f}", 490)
        cost.note = f"{POSTS} posts; what the house uses at rest ({at_rest * 1000:.0f} ms of CPU a second) is taken off the sum."
        return [cost, await _heard(house, hub, client)]


async def _heard(house: House, hub: Hub, client: httpx.AsyncClient) -> Table:
    ears = [Ear() for _ in hub.follower_tokens]
    tasks = [asyncio.create_task(ear.listen(house.url, token)) for ear, token in zip(ears, hub.follower_tokens, strict=True)]
    each: list[float] = []
    last: list[float] = []
    try:
        await asyncio.wait_for(asyncio.gather(*(ear.open.wait() for ear in ears)), 60)
        for n in range(10):
            for ear in ears:
                ear.heard.clear()
            assert (await client.post("/api/v1/statuses", json={"status": f"hear {n}"})).status_code == 200
            began = time.perf_counter()
            try:
                await asyncio.wait_for(asyncio.gather(*(ear.heard.wait() for ear in ears)), HEAR_S_MAX)
            except TimeoutError:
                deaf = sum(not ear.heard.is_set() for ear in ears)
                raise SystemExit(
                    f"{deaf} of {len(ears)} streams did not hear post {n}:\n{(house.folder / 'log').read_text()[-3000:]}"
                ) from None
            took = sorted(max(0.0, ear.at - began) * 1000 for ear in ears)
            each += took
            last.append(took[-1])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    each.sort()
    last.sort()
    table = Table("From the writer's answer until 200 open streams (SSE) have the post", ["who", "p50 ms", "p95 ms"])
    table.add("each stream", f"{each[len(each) // 2]:.0f}", f"{each[int(len(each) * 0.95)]:.0f}")
    table.add("the last stream", f"{last[len(last) // 2]:.0f}", f"{last[-1]:.0f}")
    return table


def memory(house: House) -> Table:
    """What everything but the models holds, two web workers included."""
    table = Table("Memory of everything but the models, MB (PSS)", ["all", *sorted(set(house.memory_mb()) - {"models"})])
    held = {name: pss for name, (pss, _) in house.memory_mb().items() if name != "models"}
    table.add(f"{sum(held.values()):.0f}", *(f"{held[name]:.0f}" for name in sorted(held)))
    return table


def run() -> list[Table]:
    """Measure all of it."""
    with House() as house:
        hub = asyncio.run(build(house))
        house.rest()
        return [read(house, hub), *asyncio.run(write(house, hub)), memory(house)]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.network", description=__doc__).parse_args()
    for one in run():
        print(one.text())
