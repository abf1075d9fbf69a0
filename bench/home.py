"""The home timeline as JSON, 200 follows and 5,000 posts: `python -m bench.home [--seconds 3] [--processes 2]`."""

from __future__ import annotations

import argparse
import asyncio
import time

from bench import bare, load, town
from bench.house import House, spent
from bench.load import Result
from bench.report import Table
from bowerbird.core.database import Pool

TOGETHER = (1, 32)
WINDOWS = 5
COLUMNS = [
    "asked",
    "at once",
    "requests/s: median, best",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "bytes",
    "CPU-ms each",
    "of that: serve, PostgreSQL",
]


async def _fill(house: House, posts: int) -> town.Town:
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        return await town.fill(pool, posts=posts)
    finally:
        await pool.close()


def _asked(url: str, headers: list[str], together: int, seconds: float) -> tuple[Result, float, int]:
    """(the median of WINDOWS windows, the rate of the best, all requests): a shared machine has bad moments."""
    warm = load.run(url, headers=headers, together=together, seconds=1)  # the first second pays for what is kept afterwards
    found = [load.run(url, headers=headers, together=together, seconds=seconds) for _ in range(WINDOWS)]
    found.sort(key=lambda one: one.per_second)
    return found[WINDOWS // 2], found[-1].per_second, warm.requests + sum(one.requests for one in found)


def run(*, seconds: float = 3, processes: int = 2, posts: int = town.POSTS) -> list[Table]:
    """Measure; a table of reads, and each beside what the same server does with a fixed answer of the same length."""
    table = Table("Home timeline, 20 posts a page, as JSON", COLUMNS)
    ratios = Table("Home timeline against the limit of the same server and client", ["at once", "home, limit (medians)", "ratio"])
    with House(processes) as house:
        began = time.perf_counter()
        there = asyncio.run(_fill(house, posts))
        wrote = f"{len(there.authors)} follows, {there.posts} posts, written by the verbs in {time.perf_counter() - began:.0f} s"
        table.note = f"{wrote}; {WINDOWS} windows of {seconds:g} s each."
        key = [f"Authorization: Bearer {there.token}"]
        house.rest()
        homes: dict[int, Result] = {}
        for together in TOGETHER:
            for path, headers in (("/api/v1/timelines/home", key), ("/healthz", [])):
                before = house.cpu_s()
                result, best, requests = _asked(house.url + path, headers, together, seconds)
                table.add(*_row(path, together, result, best, spent(before, house.cpu_s()), requests))
                if headers:
                    homes[together] = result
    for together, home in homes.items():
        with bare.served(home.bytes_each, processes) as (address, _main):
            limit, best, requests = _asked(address, [], together, seconds)
        table.add(*_row("a fixed answer", together, limit, best, {}, requests))
        ratios.add(together, f"{home.per_second:.0f}, {limit.per_second:.0f}", f"{home.per_second / limit.per_second:.2f}")
    return [table, ratios]


def _row(path: str, together: int, result: Result, best: float, cpu: dict[str, float], requests: int) -> list[object]:
    each = {name: s / requests * 1000 for name, s in cpu.items()}
    costs = [f"{sum(each.values()):.2f}", f"{each['serve']:.2f}, {each['postgres']:.2f}"] if each else ["", ""]
    rate = f"{result.per_second:.0f}, {best:.0f}"
    return [path, together, rate, result.p50_ms, result.p95_ms, result.p99_ms, result.bytes_each, *costs]


if __name__ == "__main__":
    parse = argparse.ArgumentParser(prog="python -m bench.home")
    parse.add_argument("--seconds", type=float, default=3)
    parse.add_argument("--processes", type=int, default=2)
    parse.add_argument("--posts", type=int, default=town.POSTS)
    args = parse.parse_args()
    for one in run(seconds=args.seconds, processes=args.processes, posts=args.posts):
        print(one.text())
