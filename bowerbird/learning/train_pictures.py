"""Train the painter: a small text-to-image flow model, from material on disk to averaged weights. One dial: `--budget`.

    python -m bowerbird.learning.pictures.material material --scenes 10000
    python -m bowerbird.learning.train_pictures material run --budget cpu-2h
    python -m bowerbird.learning.pictures.export run bowerbird/inference/weights/painter

Every run goes on from its checkpoint. On a CPU two single-threaded processes learn side by side and average their weights every few
steps (local SGD, Stich 2019): threads that wait for each other at every layer crawl on a shared machine. On a GPU: bf16, compiled."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn

from bowerbird.core import kin
from bowerbird.learning.pictures.flow import Flow, Shape, described, noised, velocity_loss
from bowerbird.learning.pictures.material import Dataset

LEARNING_RATE = 2e-3
WARM_UP_STEPS = 60
WORDS_DROPPED = 0.1  # so that it also learns to paint from nothing, which guidance needs
AVERAGE_EVERY = 8
SAVE_EVERY_S = 60
CHECKPOINT = "painter.pt"


@dataclass(frozen=True, slots=True)
class Budget:
    """How long and how large: `minutes` of wall clock in all runs together, or `steps`; `batch` a process."""

    minutes: float
    shape: Shape
    batch: int
    processes: int = 2
    steps: int | None = None

    def done(self, elapsed_s: float, step: int) -> float:
        """How far a run is: 0 to 1."""
        return min(1.0, step / self.steps if self.steps else elapsed_s / (self.minutes * 60))


BUDGETS = {
    "try": Budget(1, Shape(width=64, depth=2, heads=1), 8),
    "cpu-2h": Budget(120, Shape(width=256, depth=5, heads=4), 16),
    "cpu-6h": Budget(360, Shape(width=320, depth=8, heads=5), 16),
    "gpu-25m": Budget(25, Shape(side=128, width=448, depth=12, heads=7, refiner=32), 768, processes=1),
}


class Batches:
    """Random batches on the device: pictures −1..1, text states and mask, words left out now and then.

    With `community`, half of every batch is people's own: with less of the Illustrator's beside it the painter would forget what it knew."""

    def __init__(self, data: Dataset, batch: int, side: int, device: str, community: Dataset | None = None) -> None:
        sources = [data, community] if community else [data]
        self.parts = [_Part.of(source, side, device) for source in sources]
        self.sizes = [batch] if community is None else [batch - batch // 2, batch // 2]

    def __call__(self) -> tuple[Tensor, Tensor, Tensor]:
        """(b, 3, s, s), (b, tokens, text), (b, tokens)."""
        drawn = [part.draw(size) for part, size in zip(self.parts, self.sizes, strict=True)]
        clean, states, mask = (torch.cat(each) for each in zip(*drawn, strict=True))
        return clean, states, mask


@dataclass(frozen=True, slots=True)
class _Part:
    pictures: Tensor
    states: Tensor
    mask: Tensor

    @classmethod
    def of(cls, data: Dataset, side: int, device: str) -> _Part:
        source = data.small if side == data.small.shape[1] else data.large
        if side != source.shape[1]:
            source = np.stack([_smaller(one, source.shape[1] // side) for one in source])
        keep = len(source)
        pictures = torch.from_numpy(np.ascontiguousarray(source)).to(device)
        return cls(pictures, torch.from_numpy(data.states[:keep]).to(device), torch.from_numpy(data.mask[:keep]).to(device))

    def draw(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        device = self.pictures.device
        which = torch.randint(len(self.pictures), (size,), device=device)
        wording = torch.randint(self.states.shape[1], (size,), device=device)
        clean = self.pictures[which].permute(0, 3, 1, 2).float() / 127.5 - 1
        mask = self.mask[which, wording].float() * (torch.rand(size, 1, device=device) > WORDS_DROPPED)
        return clean, self.states[which, wording].float() * mask[..., None], mask


def _smaller(picture: Any, times: int) -> Any:
    side = picture.shape[0] // times
    return picture.reshape(side, times, side, times, 3).mean((1, 3)).astype(np.uint8)


def optimizers(net: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices, AdamW for the rest (Jordan et al. 2024)."""
    matrices = [p for name, p in net.named_parameters() if "blocks" in name and p.ndim == 2 and not name.endswith("own")]
    theirs = {id(p) for p in matrices}
    others = [p for p in net.parameters() if id(p) not in theirs]
    return [
        torch.optim.Muon(matrices, lr=LEARNING_RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate(step: int, done: float) -> float:
    """The learning rate: up, flat, then down along a cosine over the last 70 % of the time, so that any cut ends annealed."""
    return (
        LEARNING_RATE * min(1, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.51 * math.cos(math.pi * max(0.0, done - 0.3) / 0.7) / 1.02)
    )


@dataclass(slots=True)
class Run:
    """What a checkpoint holds: the weights, their running average, the optimizers, and how it went."""

    net: Flow
    average: Flow
    opts: list[torch.optim.Optimizer]
    step: int = 0
    seen: int = 0
    elapsed_s: float = 0.0
    curve: list[tuple[float, int, float]] | None = None  # seconds, samples, loss

    @classmethod
    def begin(cls, shape: Shape, file: Path, device: str) -> Run:
        """A new run, or the one in `file` where it stands."""
        torch.manual_seed(0)
        net = Flow(shape).to(device)
        average = Flow(shape).to(device).eval()
        average.load_state_dict(net.state_dict())
        run = cls(net, average, optimizers(net), curve=[])
        if file.exists():
            kept = torch.load(file, map_location=device, weights_only=True)
            net.load_state_dict(kept["net"])
            average.load_state_dict(kept["average"])
            for opt, state in zip(run.opts, kept["opts"], strict=True):
                opt.load_state_dict(state)
            run.step, run.seen, run.elapsed_s, run.curve = kept["step"], kept["seen"], kept["elapsed_s"], kept["curve"]
        return run

    def save(self, file: Path) -> None:
        """Whole or not at all: a kill in mid-write leaves the last one."""
        kept = {
            "shape": described(self.net.shape), "net": self.net.state_dict(), "average": self.average.state_dict(), "step": self.step,
            "opts": [opt.state_dict() for opt in self.opts], "seen": self.seen, "elapsed_s": self.elapsed_s, "curve": self.curve,
        }  # fmt: skip
        partly = file.with_suffix(".part")
        torch.save(kept, partly)
        partly.replace(file)

    def learn(self, batch: tuple[Tensor, Tensor, Tensor], done: float, forward: Any) -> Tensor:
        """One step; its loss."""
        for opt in self.opts:
            for group in opt.param_groups:
                group["lr"] = rate(self.step, done)
            opt.zero_grad(set_to_none=True)
        clean, states, mask = batch
        z, when = noised(clean)
        loss = velocity_loss(forward(z, when, states, mask).float(), clean, when)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for opt in self.opts:
            opt.step()
        self.step += 1
        keep = min(0.998, 1 - 1 / (self.step * 0.12 + 1))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - keep)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        return loss.detach()


def averaged(net: nn.Module, processes: int, done: float) -> float:
    """Everybody's weights replaced by their mean; how far the processes are, by their mean."""
    with torch.no_grad():
        flat = torch.cat([p.flatten() for p in net.parameters()] + [torch.tensor([done])])
        distributed.all_reduce(flat)
        flat /= processes
        start = 0
        for p in net.parameters():
            p.copy_(flat[start : start + p.numel()].view_as(p))
            start += p.numel()
    return float(flat[-1])


def train(
    rank: int,
    folder: Path,
    out: Path,
    budget: Budget,
    init: Path | None = None,
    community: Path | None = None,
    parent: int | None = None,
) -> None:
    """One process of a run, to the end of its budget, or of `parent`, where one started it."""
    gpu = torch.cuda.is_available() and budget.processes == 1
    device = "cuda" if gpu else "cpu"
    if not gpu:
        torch.set_num_threads(1)
    if budget.processes > 1:
        kin.follow(parent or os.getppid())
        meeting = f"file://{(out / 'meeting').resolve()}"
        distributed.init_process_group(
            "gloo", init_method=meeting, rank=rank, world_size=budget.processes, timeout=timedelta(minutes=10)
        )
    file = out / CHECKPOINT
    run = Run.begin(budget.shape, file, device)
    if init and not file.exists():
        weights = torch.load(init, map_location=device, weights_only=True)
        for net in (run.net, run.average):
            net.load_state_dict({name: value.float() for name, value in weights.items()})
    theirs = Dataset.of_folder(community) if community else None
    batches = Batches(Dataset.of_folder(folder), budget.batch, budget.shape.side, device, theirs)
    torch.manual_seed(run.step * 1009 + rank + 1)
    forward: Any = torch.compile(run.net) if gpu else run.net
    before, began, saved, losses, done = run.elapsed_s, time.monotonic(), time.monotonic(), list[Tensor](), 0.0
    while done < 1:
        with torch.autocast(device, torch.bfloat16, enabled=gpu):
            losses.append(run.learn(batches(), done, forward))
        run.seen += budget.batch * budget.processes
        run.elapsed_s = before + time.monotonic() - began
        mine = budget.done(run.elapsed_s, run.step)
        if budget.processes == 1:
            done = mine
        elif run.step % AVERAGE_EVERY == 0:  # all decide together when it is over: none waits for one that left
            done = averaged(run.net, budget.processes, mine)
        if rank == 0 and (done >= 1 or time.monotonic() - saved > SAVE_EVERY_S):
            _tell(run, losses)
            run.save(file)
            losses, saved = [], time.monotonic()


def _tell(run: Run, losses: list[Tensor]) -> None:
    loss = float(torch.stack(losses).mean())
    assert run.curve is not None
    run.curve.append((round(run.elapsed_s), run.seen, round(loss, 5)))
    tflop = run.seen * 6 * run.net.shape.macs / 1e12
    told = {"s": round(run.elapsed_s), "step": run.step, "seen": run.seen, "loss": round(loss, 4), "tflop": round(tflop, 1)}
    print(json.dumps(told), flush=True)


def main() -> None:
    """Train from the command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("material", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--budget", choices=sorted(BUDGETS), default="cpu-2h")
    asked.add_argument("--minutes", type=float, help="another length than the budget's own")
    asked.add_argument("--steps", type=int, help="so many steps in all, however long they take")
    asked.add_argument("--batch", type=int, help="another batch than the budget's own, where memory is short")
    asked.add_argument("--init", type=Path, help="averaged weights to go on from")
    asked.add_argument("--community", type=Path, help="people's liked pictures: half of every batch (`bowerbird learn liked`)")
    given = asked.parse_args()
    budget = BUDGETS[given.budget]
    budget = replace(budget, minutes=given.minutes or budget.minutes, steps=given.steps, batch=given.batch or budget.batch)
    os.nice(10)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "meeting").unlink(missing_ok=True)
    if budget.processes == 1:
        train(0, given.material, given.out, budget, given.init, given.community)
    else:
        spawn(train, (given.material, given.out, budget, given.init, given.community, os.getpid()), nprocs=budget.processes)


if __name__ == "__main__":
    main()
