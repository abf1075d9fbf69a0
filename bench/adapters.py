"""What it takes to speak with an adapter of the language model: `python -m bench.adapters`.

The runner's own code, in this process alone: another server comes up beside the one that stands, warms and takes over; then the same answers with
and without an adapter, and turn by turn. The adapter has a real one's size and changes nothing, so that the answers are the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench.report import Table
from bowerbird.assistant import prompts
from bowerbird.inference.runner.chat import Chat
from bowerbird.learning.tuning import adapter
from bowerbird.learning.tuning.llama import Shape
from bowerbird.learning.tuning.lora import Lora

SHAPE = Shape(layers=30, heads=9, groups=3, head=64, theta=1e5, eps=1e-5)  # of SmolLM2-135M
PROJECTIONS = {
    "self_attn.q_proj": (576, 576), "self_attn.k_proj": (192, 576), "self_attn.v_proj": (192, 576), "self_attn.o_proj": (576, 576),
    "mlp.gate_proj": (1536, 576), "mlp.up_proj": (1536, 576), "mlp.down_proj": (576, 1536),
}  # fmt: skip
TOKENS, TURNS, SWAPS = 60, 12, 5


def made(folder: Path, seed: int) -> str:
    """An adapter of the trainer's rank that adds nothing; its hash."""
    lora = Lora.begin({(layer, what): shape for layer in range(15, 30) for what, shape in PROJECTIONS.items()}, 16, 32.0, seed)
    file = folder / "new"
    adapter.write(lora, SHAPE, file, {"general.name": str(seed)})
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    file.rename(folder / f"{sha256}.gguf")
    return sha256


async def answer(chat: Chat, one: str) -> float:
    """CPU-seconds of an answer of TOKENS to a question with the house's own instructions before it."""
    began = time.process_time()
    said = [{"role": "system", "content": prompts.in_force("chat").words}, {"role": "user", "content": "What is a linocut?"}]
    body = {"messages": said, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True}
    pieces = [piece async for piece in (await chat.ask(body, one)).pieces]
    assert json.loads(b"".join(pieces))["usage"]["completion_tokens"] == TOKENS
    return time.process_time() - began


async def turns(chat: Chat, spoken_with: Sequence[str]) -> float:
    """CPU-seconds of an answer on average, TURNS of them, after one each to begin with."""
    for one in dict.fromkeys(spoken_with):
        await answer(chat, one)
    return sum([await answer(chat, spoken_with[turn % len(spoken_with)]) for turn in range(TURNS)]) / TURNS


async def measured(folder: Path) -> list[Table]:
    """Both tables."""
    chat, memory = Chat("bench", folder), psutil.Process()
    await answer(chat, "")
    files = [made(folder, seed) for seed in range(SWAPS)]
    swap = Table("Taking another adapter in", ["", "wall s", "CPU-s", "MB before", "MB after"])
    for number, file in enumerate(files):
        before, began, cpu = memory.memory_info().rss, time.perf_counter(), time.process_time()
        await chat.hold([file])
        wall, spent = time.perf_counter() - began, time.process_time() - cpu
        await asyncio.sleep(0.5)
        swap.add(number + 1, f"{wall:.2f}", f"{spent:.2f}", f"{before / 1e6:.0f}", f"{memory.memory_info().rss / 1e6:.0f}")
    swap.note = "Whoever asks meanwhile is answered by the server that stands. Going back is no load at all: the next answer asks for the other one."
    cost = Table(
        f"Speaking with it: {TOKENS} tokens after the house's instructions", ["spoken with", "CPU-s an answer", "beside none"]
    )
    plain = await turns(chat, [""])
    for title, spoken_with in (("none", [""]), ("an adapter", files[-1:]), ("turn by turn", ["", files[-1]])):
        spent = plain if title == "none" else await turns(chat, spoken_with)
        cost.add(title, f"{spent:.2f}", f"{spent / plain:.2f}")
    cost.note = "Turn by turn, the instructions are read anew each time: what was read with an adapter is of no use without it."
    return [swap, cost]


def run() -> list[Table]:
    """Both tables, with adapters made for it."""
    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(measured(Path(home)))


if __name__ == "__main__":
    for one in run():
        print(one.text())
