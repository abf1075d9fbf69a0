"""Each embedded engine through the house against the bare engine, and how long people wait when 1, 4 or 16 ask at once:
`python -m bench.engines`."""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from PIL import Image

from bench.house import House, spent
from bench.painting import PROMPTS, paint
from bench.report import Table
from bowerbird.accounts import people, tokens
from bowerbird.core.database import Pool
from bowerbird.inference import observers
from bowerbird.inference.runner import drawing, painter
from bowerbird.inference.wire import ImageEvent, ImageRequest

SIDE_PX, SMALL_PX = 768, 640
CROWDS = (1, 4, 16)
ENGINES = {"illustrator": drawing.draw, "paint": painter.draw}
LIMIT = 1.2  # through the house a picture may cost so many times the engine alone


async def _tokens(house: House, count: int) -> list[str]:
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        async with pool.transaction() as db:
            who = [await people.create(db, f"painter{n}", email=None, password=None) for n in range(count)]
            return [await tokens.create(db, one, ["read", "write"]) for one in who]
    finally:
        await pool.close()


def bare(tier: str) -> tuple[float, float]:
    """CPU-seconds and seconds a picture, by the engine alone in this process."""

    def draw(prompt: str) -> list[ImageEvent]:
        return list(ENGINES[tier](ImageRequest(prompt=prompt), SIDE_PX, SIDE_PX, 7, threading.Event()))

    draw("warm up")
    cpu, wall = time.process_time(), time.perf_counter()
    for prompt in PROMPTS:
        draw(prompt)
    return (time.process_time() - cpu) / len(PROMPTS), (time.perf_counter() - wall) / len(PROMPTS)


def through(house: House, client: httpx.Client, tier: str) -> dict[str, float]:
    """CPU-seconds a picture by process, and `wall`, in the house."""
    paint(client, "warm up", SIDE_PX, SIDE_PX, 1, tier)
    before, began = house.cpu_s(), time.perf_counter()
    for prompt in PROMPTS:
        paint(client, prompt, SIDE_PX, SIDE_PX, 1, tier)
    wall = time.perf_counter() - began
    return {name: each / len(PROMPTS) for name, each in (spent(before, house.cpu_s()) | {"wall": wall}).items()}


def looking(house: House, tier: str) -> float:
    """CPU-seconds of the models' process for what the observers do of one picture: its words read, the finished picture looked at."""
    drawn = [
        event
        for event in ENGINES[tier](ImageRequest(prompt=PROMPTS[0]), SIDE_PX, SIDE_PX, 7, threading.Event())
        if event.b64_json
    ]
    with Image.open(io.BytesIO(base64.b64decode(drawn[-1].b64_json))) as picture:
        small = io.BytesIO()
        picture.convert("RGB").resize((SMALL_PX, SMALL_PX)).save(small, "WEBP", quality=80)

    async def look() -> None:
        for prompt in PROMPTS:
            await observers.of_text(prompt)
            await observers.of_picture(small.getvalue())

    asyncio.run(look())
    before = house.cpu_s()
    asyncio.run(look())
    return spent(before, house.cpu_s())["models"] / len(PROMPTS)


def crowd(clients: list[httpx.Client], tier: str) -> list[float]:
    """Everybody asks for one picture at the same moment; seconds until each has theirs."""
    start = threading.Barrier(len(clients))

    def one(client: httpx.Client) -> float:
        start.wait()
        return paint(client, PROMPTS[0], SIDE_PX, SIDE_PX, 1, tier).done_s

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(one, clients))


@contextmanager
def opened(house: House, keys: list[str]) -> Iterator[list[httpx.Client]]:
    """A client for each token."""
    clients = [httpx.Client(base_url=house.url, timeout=300, headers={"Authorization": f"Bearer {key}"}) for key in keys]
    try:
        yield clients
    finally:
        for one in clients:
            one.close()


def run() -> list[Table]:
    """Measure in a house of its own."""
    costs = Table(
        f"A picture of {SIDE_PX} px: the engine alone, and through the house",
        [
            "tier", "engine alone: CPU-s, s", "models' process: CPU-s", "of it the observers", f"ratio without them (limit {LIMIT})",
            "rest of the house: CPU-s", "in the house: s",
        ],
    )  # fmt: skip
    waits = Table("How long people wait who ask at once", ["tier", "people", "s until theirs: first, median, last"])
    with House() as house, opened(house, asyncio.run(_tokens(house, max(CROWDS)))) as clients:
        for tier in ENGINES:
            alone_cpu, alone_s = bare(tier)
            cost = through(house, clients[0], tier)
            models = cost.pop("models")
            wall, seen = cost.pop("wall"), looking(house, tier)
            costs.add(
                tier, f"{alone_cpu:.2f}, {alone_s:.2f}", f"{models:.2f}", f"{seen:.2f}", f"{(models - seen) / alone_cpu:.2f}",
                f"{sum(cost.values()):.2f}", f"{wall:.2f}",
            )  # fmt: skip
            for people_ in CROWDS:
                each = sorted(crowd(clients[:people_], tier))
                waits.add(tier, people_, f"{each[0]:.1f}, {statistics.median(each):.1f}, {each[-1]:.1f}")
    costs.note = (
        f"{len(PROMPTS)} prompts, one at a time. The rest of the house: database, web and worker; it decodes, marks (watermark), encodes, "
        "signs both renditions (C2PA) and keeps them. The observers (safety) read the words and look at the finished picture in the models' process, "
        "whichever engine drew it. The engine alone encodes its previews and the PNG it hands over, too."
    )  # fmt: skip
    waits.note = "One picture each, asked for in the same moment; two are drawn at once, people take turns."
    return [costs, waits]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.engines").parse_args()
    for one in run():
        print(one.text())
