"""The home timeline as JSON, 200 follows and 5,000 posts: `python -m bench.home [--seconds 8] [--processes 2]`."""

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


async def _fill(house: House, posts: int) -> town.Town:
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        return await town.fill(pool, posts=posts)
    finally:
        await pool.close()


def _measure(house: House, path: str, headers: list[str], together: int, seconds: float) -> tuple[Result, dict[str, float]]:
    load.run(house.url + path, headers=headers, together=together, seconds=1)  # the first second pays for what is kept afterwards
    before = house.cpu_s()
    result = load.run(house.url + path, headers=headers, together=together, seconds=seconds)
    return result, spent(before, house.cpu_s())


def run(*, seconds: float = 8, processes: int = 2, posts: int = town.POSTS) -> list[Table]:
    """Measure; a table of reads, each beside what the same server does with a fixed answer of the same length."""
    table = Table(
        "Home timeline, 20 posts a page, as JSON",
        ["asked", "at once", "requests/s", "p50 ms", "p95 ms", "p99 ms", "bytes", "CPU-ms each", "of that: serve, PostgreSQL"],
    )
    ratios = Table(
        "Home timeline against the limit of the same server and client", ["at once", "requests/s: home, limit", "ratio"]
    )
    with House(processes) as house:
        began = time.perf_counter()
        there = asyncio.run(_fill(house, posts))
        table.note = (
            f"{len(there.authors)} follows, {there.posts} posts, written by the verbs in {time.perf_counter() - began:.0f} s."
        )
        key = [f"Authorization: Bearer {there.token}"]
        homes: dict[int, Result] = {}
        for together in TOGETHER:
            for path, headers in (("/api/v1/timelines/home", key), ("/healthz", [])):
                result, cpu = _measure(house, path, headers, together, seconds)
                if headers:
                    homes[together] = result
                table.add(*_row(path, together, result, cpu))
        for together, home in homes.items():
            with bare.served(home.bytes_each, processes) as (address, _):
                load.run(address, headers=[], together=together, seconds=1)
                limit = load.run(address, headers=[], together=together, seconds=min(4, seconds))
            table.add(
                "a fixed answer", together, limit.per_second, limit.p50_ms, limit.p95_ms, limit.p99_ms, limit.bytes_each, "", ""
            )
            ratios.add(together, f"{home.per_second:.0f}, {limit.per_second:.0f}", f"{home.per_second / limit.per_second:.2f}")
    return [table, ratios]


def _row(path: str, together: int, result: Result, cpu: dict[str, float]) -> list[object]:
    each = {name: s / result.requests * 1000 for name, s in cpu.items()}
    parts = f"{each.get('serve', 0):.2f}, {each.get('postgres', 0):.2f}"
    return [
        path,
        together,
        result.per_second,
        result.p50_ms,
        result.p95_ms,
        result.p99_ms,
        result.bytes_each,
        f"{sum(each.values()):.2f}",
        parts,
    ]


if __name__ == "__main__":
    parse = argparse.ArgumentParser(prog="python -m bench.home")
    parse.add_argument("--seconds", type=float, default=8)
    parse.add_argument("--processes", type=int, default=2)
    parse.add_argument("--posts", type=int, default=town.POSTS)
    asked = parse.parse_args()
    for one in run(seconds=asked.seconds, processes=asked.processes, posts=asked.posts):
        print(one.text())
