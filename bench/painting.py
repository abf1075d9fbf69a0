"""Seconds per picture and per preview through the whole house, from asking to a picture that can be shown:
`python -m bench.painting`."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field

import httpx

from bench.house import House, spent
from bench.report import Table
from bowerbird.accounts import people, tokens
from bowerbird.core.database import Pool

PROMPTS = (
    "a red fox asleep under a birch tree at night",
    "two blue cats in the snow",
    "a city in the rain, neon",
    "a whale underwater, watercolour",
    "tea and oranges on a table, oil",
    "an aurora over mountains",
)
SHAPES = ((768, 768, 1), (768, 768, 4), (704, 880, 1), (1536, 1536, 1))


@dataclass
class Timed:
    """One generation; seconds since it was asked for, except `between`: from one preview to the next of the same candidate."""

    first_preview_s: float = 0.0
    done_s: float = 0.0
    previews: int = 0
    between_s: list[float] = field(default_factory=list)


def paint(client: httpx.Client, prompt: str, width: int, height: int, count: int, tier: str = "illustrator") -> Timed:
    """Ask, watch the events as a page does, and time them."""
    timed = Timed()
    last: dict[str, float] = {}
    began = time.perf_counter()
    wish = {"prompt": prompt, "width": width, "height": height, "count": count, "seed": 7, "tier": tier}
    asked = client.post("/api/bower/v1/generations", json=wish)
    asked.raise_for_status()
    with client.stream("GET", f"/api/bower/v1/generations/{asked.json()['id']}/events") as stream:
        for line in stream.iter_lines():
            if not line.startswith("data:"):
                continue
            now, said = time.perf_counter(), json.loads(line[5:])
            if "candidates" in said:
                timed.done_s = now - began
                assert said["state"] == "done", said["error"]
                break
            if said["state"] == "running" and said["step"]:
                timed.previews += 1
                timed.first_preview_s = timed.first_preview_s or now - began
                if said["id"] in last:
                    timed.between_s.append(now - last[said["id"]])
                last[said["id"]] = now
    return timed


async def _token(house: House) -> str:
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        async with pool.transaction() as db:
            return await tokens.create(db, await people.create(db, "painter", email=None, password=None), ["read", "write"])
    finally:
        await pool.close()


def run(prompts: tuple[str, ...] = PROMPTS) -> list[Table]:
    """Measure in a house of its own, one generation at a time."""
    table = Table(
        "Pictures through the whole house",
        [
            "size and candidates",
            "s until done: median, slowest",
            "s a picture",
            "s to the first preview",
            "s between previews",
            "CPU-s a picture",
        ],
    )
    with House() as house, httpx.Client(base_url=house.url, timeout=120) as client:
        client.headers["Authorization"] = f"Bearer {asyncio.run(_token(house))}"
        paint(client, "warm up", 256, 256, 1)
        for width, height, count in SHAPES:
            before = house.cpu_s()
            done = [paint(client, prompt, width, height, count) for prompt in prompts]
            cpu = sum(spent(before, house.cpu_s()).values())
            whole = [one.done_s for one in done]
            between = [gap for one in done for gap in one.between_s]
            table.add(
                f"{width}×{height}, {count}", f"{statistics.median(whole):.2f}, {max(whole):.2f}", f"{statistics.median(whole) / count:.2f}",
                f"{statistics.median(one.first_preview_s for one in done):.2f}", f"{statistics.median(between):.2f}",
                f"{cpu / len(done) / count:.2f}",
            )  # fmt: skip
    table.note = (
        f"{len(prompts)} prompts, one generation at a time, two candidates painted at once; from asking until the picture is kept. "
        "`python -m bench.pictures` times the painter alone over sixty prompts."
    )
    return [table]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.painting").parse_args()
    for one in run():
        print(one.text())
