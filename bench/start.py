"""First start, second start, and the memory of an idle house: `python -m bench.start`."""

from __future__ import annotations

import argparse
import asyncio
import time

import httpx

from bench.house import House
from bench.report import Table
from bowerbird.accounts import people, tokens
from bowerbird.core.database import Pool
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings

SETTLE_S = 5.0
STARTS = 3


async def token(house: House) -> str:
    """A token of somebody new."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        async with pool.transaction() as db:
            person = await people.create(db, "painter", email=None, password=None)
            return await tokens.create(db, person, ["read", "write"])
    finally:
        await pool.close()


def use_every_model(house: House) -> None:
    """One sentence embedded, one answer from the language model, one picture through the whole house."""
    runner = httpx.Client(
        base_url=f"http://127.0.0.1:{house.runner_port}/v1",
        headers={"Authorization": f"Bearer {secret(settings(), 'runner')}"},
        timeout=120,
    )
    runner.post("/embeddings", json={"input": "a red fox"}).raise_for_status()
    asked = {"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16}
    runner.post("/chat/completions", json=asked).raise_for_status()
    client = httpx.Client(base_url=house.url, headers={"Authorization": f"Bearer {asyncio.run(token(house))}"}, timeout=60)
    made = client.post("/api/bower/v1/generations", json={"prompt": "a red fox asleep under a birch at night", "count": 1})
    made.raise_for_status()
    while (now := client.get(f"/api/bower/v1/generations/{made.json()['id']}").json())["state"] in ("queued", "running"):
        time.sleep(0.1)
    assert now["state"] == "done", now["error"]


def _memory(title: str, house: House) -> Table:
    table = Table(title, ["part", "processes", "PSS MB", "RSS MB"])
    found, counts = house.memory_mb(), {name: len(parts) for name, parts in house.processes().items()}
    for name, (pss, rss) in found.items():
        table.add(name, counts[name], f"{pss:.0f}", f"{rss:.0f}")
    table.add("all", sum(counts.values()), f"{sum(p for p, _ in found.values()):.0f}", f"{sum(r for _, r in found.values()):.0f}")
    return table


def run() -> list[Table]:
    """Measure in a house of its own."""
    starts = Table("Starting and closing", ["what", "seconds"])
    house = House()
    with house:  # entering starts it with an empty data directory
        starts.add("first start: empty data directory to every door answering", f"{house.started_s:.1f}")
        time.sleep(SETTLE_S)
        fresh = _memory("Memory of all processes, just started", house)
        use_every_model(house)
        time.sleep(SETTLE_S)
        loaded = _memory("Memory of all processes at idle with every model loaded", house)
        closed = house.stop()
        again = []
        for _ in range(STARTS):
            again.append(house.start())
            closed = min(closed, house.stop())
        house.start()
        starts.add(f"second start, best and worst of {STARTS}", f"{min(again):.1f}, {max(again):.1f}")
        starts.add("closing", f"{closed:.1f}")
    loaded.note = (
        "After one embedding, one answer of SmolLM2 and one picture. PSS counts a page that several processes share once."
    )
    return [starts, fresh, loaded]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.start").parse_args()
    for one in run():
        print(one.text())
