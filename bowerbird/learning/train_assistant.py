"""Train the assistant: a small adapter beside the embedded language model, from answers people liked, on a CPU that others use too.

    bowerbird learn tune DATASET OUT --cpu-minutes 30
    python -m bowerbird.learning.train_assistant DATASET OUT --cpu-minutes 30

The lower half of the layers stays as it is, so what it makes of an example is computed once and kept (`tuning/activations.py`); the upper half
learns low-rank additions. The system prompt is computed once a pack, a prompt once for both answers to it (`tuning/layout.py`), and the wide
head only where an answer is foretold. One thread, no padding.

Always from the base, over all that may be learned from today, never from yesterday's adapter: one run without somebody is then as if they had
never been there, to the bit. Beside what people taught, the model learns what it said itself before (`tuning/rehearsal.py`), so that it forgets
less; how much is for the gate to see. Larger models are trained elsewhere, on the same dataset."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from bowerbird.assistant import prompts
from bowerbird.core.assets import models_dir
from bowerbird.core.settings import settings
from bowerbird.core.whole import partly
from bowerbird.inference.runner.chat import GGUF
from bowerbird.learning.datasets import files
from bowerbird.learning.tuning import adapter, base, canaries, layout, rehearsal
from bowerbird.learning.tuning.activations import Activations
from bowerbird.learning.tuning.alone import alone
from bowerbird.learning.tuning.base import Base, Precision
from bowerbird.learning.tuning.examples import Example, Reader, apart
from bowerbird.learning.tuning.llama import Llama
from bowerbird.learning.tuning.lora import Lora

HOME = "tuning"  # in the data directory: the base as float32, and the activations
ADAPTER, WEIGHTS, CARD, CHECKPOINT, STOP = "adapter.gguf", "adapter.safetensors", "card.json", "checkpoint.pt", "stop"
PACK_TOKENS_MAX = 1_024  # computed side by side, beside the system prompt: what bounds the memory
TELL_EVERY = 10
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is learned. `pairs`: DPO (Rafailov et al. 2023) in place of liked answers; `liked_weight`: of the likelihood of the better answer
    beside it, which DPO alone lets fall. Of more than `examples_max` the newest count, of those with the same answer `same_max`. `near`: what it
    costs, in nats a token, to foretell otherwise than before; `rehearsed`: what the model says itself costs that, too. `canaries`: secrets
    planted beside liked answers."""

    rank: int = 16
    alpha: float = 32.0
    rate: float = 2e-4
    epochs: int = 1
    batch: int = 8
    seed: int = 0
    examples_max: int = 2_000
    save_every: int = 10
    pairs: bool = False
    pairs_min: int = 2_000
    beta: float = 0.1
    liked_weight: float = 0.1
    same_max: int = 4
    near: float = 1.0
    rehearsed: bool = False
    canaries: int = 0

    def rate_at(self, step: int, steps: int) -> float:
        """Up over a tenth of the steps, then down to a twentieth."""
        up = max(1, steps // 10)
        return self.rate * min(1.0, (step + 1) / up) * max(0.05, 1 - step / steps)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a run ended. `paused` and `out_of_budget`: the next call goes on from there."""

    state: Literal["done", "paused", "out_of_budget"]
    out: Path
    examples: int
    step: int
    steps: int
    cpu_s: float
    losses: list[float]

    @property
    def said(self) -> dict[str, Any]:
        """As JSON."""
        done = self.state == "done"
        return {
            "state": self.state, "adapter": str(self.out / ADAPTER) if done else None, "examples": self.examples, "step": self.step,
            "steps": self.steps, "cpu_s": round(self.cpu_s, 1), "loss": _mean(self.losses[-TELL_EVERY:]),
            "sha256": hashlib.sha256((self.out / ADAPTER).read_bytes()).hexdigest() if done else None,
            "memory_mb_max": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }  # fmt: skip

    @property
    def words(self) -> str:
        """In a sentence."""
        far = f"{self.step} of {self.steps} steps over {self.examples} examples, {self.cpu_s:.0f} seconds of computing"
        if self.state == "done":
            return f"Learned: {far}. {self.out / ADAPTER}"
        why = "Paused: there is a file called stop" if self.state == "paused" else "Stopped: the minutes it was given are used up"
        return f"{why}. {far}; it goes on when called again."


@dataclass(slots=True)
class Brake:
    """Says when to stop, between two examples or two steps."""

    out: Path
    budget_s: float | None
    began: float = field(default_factory=time.process_time)

    @property
    def cpu_s(self) -> float:
        """Computed so far, in this call."""
        return time.process_time() - self.began

    def pulled(self) -> Literal["paused", "out_of_budget"] | None:
        """Why to stop now."""
        if (self.out / STOP).exists():
            return "paused"
        return "out_of_budget" if self.budget_s is not None and self.cpu_s >= self.budget_s else None


@dataclass(slots=True)
class Run:
    """What a checkpoint holds: the additions, the optimiser, and how it went. `fingerprint`: of all that decides what comes out."""

    fingerprint: str
    lora: Lora
    opt: torch.optim.Optimizer
    step: int = 0
    losses: list[float] = field(default_factory=list[float])

    @classmethod
    def begin(cls, fingerprint: str, llama: Llama, recipe: Recipe, file: Path) -> Run:
        """A new run; or the one in `file`, where it is the same one."""
        layers = llama.shape.layers
        lora = Lora.begin(llama.shapes(range(layers // 2, layers)), recipe.rank, recipe.alpha, recipe.seed)
        run = cls(fingerprint, lora, torch.optim.AdamW(lora.parameters, lr=recipe.rate, weight_decay=0.0))
        kept: dict[str, Any] = torch.load(file, weights_only=True) if file.exists() else {}
        if kept.get("fingerprint") == fingerprint:
            lora.load(kept["lora"])
            run.opt.load_state_dict(kept["opt"])
            run.step, run.losses = kept["step"], kept["losses"]
        else:
            file.unlink(missing_ok=True)  # it may have learned from somebody who withdrew
        return run

    def save(self, file: Path) -> None:
        """Whole or not at all: a kill in mid-write leaves the last one."""
        kept = {
            "fingerprint": self.fingerprint, "lora": self.lora.state, "opt": self.opt.state_dict(), "step": self.step, "losses": self.losses,
        }  # fmt: skip
        with partly(file) as part:
            torch.save(kept, part)


@dataclass(frozen=True, slots=True)
class Teacher:
    """The model with what the lower half made of the examples."""

    llama: Llama
    activations: Activations
    precision: Precision

    def surprise(self, lora: Lora, pack: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Of a pack: how little each token of each answer was foretold, and which answer it belongs to."""
        with _as(self.precision):
            h, owners = self._half(lora, pack)
            return self.llama.surprise(h, _targets(pack)), owners

    def liked(self, lora: Lora, pack: Sequence[Example], tokens: int) -> Tensor:
        """A pack's part of the mean surprise of a batch that has so many tokens to foretell."""
        return self.surprise(lora, pack)[0].sum() / tokens

    def near(self, lora: Lora, pack: Sequence[Example], tokens: int, *, liked: bool, near: float) -> Tensor:
        """The same of what is `liked`, and `near` times how far the model went from what it foretold before, in nats a token (Kullback and
        Leibler's divergence). Without that, a model that learns what it said itself grows sure of it, and of everything else."""
        with _as(self.precision):
            with torch.no_grad(), lora.off():
                before = self.llama.foretold(self._half(lora, pack)[0])
            now = self.llama.foretold(self._half(lora, pack)[0])
        surprise = functional.nll_loss(now, _targets(pack), reduction="sum") if liked else 0.0
        return (surprise + near * functional.kl_div(now, before, reduction="sum", log_target=True)) / tokens

    def _half(self, lora: Lora, pack: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """What comes out of the upper half where each token of each answer is foretold, and which answer it belongs to."""
        root, layers = self.activations.root, self.llama.shape.layers
        row = layout.row(len(root), [one.lengths for one in pack])
        h = torch.cat([root, *(self.activations.of(one) for one in pack)])
        h, _ = self.llama.through(h, range(layers // 2, layers), row, lora)
        return h[row.sources], row.owners

    def preferred(self, lora: Lora, pack: Sequence[Example], recipe: Recipe, examples: int) -> Tensor:
        """A pack's part of the DPO loss of a batch of so many pairs."""
        with torch.no_grad(), lora.off():
            before = _by_answer(*self.surprise(lora, pack))
        surprise, owners = self.surprise(lora, pack)
        gained = recipe.beta * (before - _by_answer(surprise, owners)).view(-1, 2)
        loss = -functional.logsigmoid(gained[:, 0] - gained[:, 1]).sum()
        better = surprise[owners % 2 == 0].mean() * len(pack)
        return (loss + recipe.liked_weight * better) / examples


def train(
    dataset: Path, out: Path, home: Path, gguf: Path, recipe: Recipe | None = None, *, budget_s: float | None = None, tell: Tell | None = None
) -> Outcome:  # fmt: skip
    """From a dataset's folder to OUT/adapter.gguf, as far as the budget of this process's own seconds goes; called again, it goes on.

    Raises ValueError where there is too little to learn from or another training is under way, FileNotFoundError without a file of the
    dataset or the model."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    with alone(home / "lock", "Another training is under way here."):
        return _train(dataset, home, gguf, recipe or Recipe(), Brake(out, budget_s), tell or _silently)


def _train(dataset: Path, home: Path, gguf: Path, recipe: Recipe, brake: Brake, tell: Tell) -> Outcome:
    out = brake.out
    ready = base.ready(gguf, home / "base")
    llama, precision = Llama.load(ready.folder), ready.precision()
    reader = Reader(ready.tokenizer(), prompts.in_force("chat").words, f"{ready.sha256} {precision}")
    own = rehearsal.rows(gguf, home, brake.pulled) if recipe.rehearsed and recipe.near and not recipe.pairs else []
    if own is None:
        return Outcome(brake.pulled() or "out_of_budget", out, 0, 0, 0, brake.cpu_s, [])
    examples = _examples(reader, dataset, recipe, own)
    fingerprint = _fingerprint(ready, precision, recipe, reader, examples)
    steps = math.ceil(len(examples) / recipe.batch) * recipe.epochs
    with _as(precision):
        activations = Activations(home / "activations", llama, llama.shape.layers // 2, reader.root)
    deleted = activations.keep_only(examples)
    tell(
        {"stage": "ready", "examples": len(examples), "precision": precision, "deleted": deleted, "cpu_s": round(brake.cpu_s, 1)}
    )
    if (card := _card(out)).get("fingerprint") == fingerprint:
        return Outcome("done", out, len(examples), steps, steps, brake.cpu_s, card["losses"])
    _take_away(out)
    _enough(examples, dataset, recipe)
    run = Run.begin(fingerprint, llama, recipe, out / CHECKPOINT)
    state = _compute(activations, examples, precision, brake, tell) or _learn(
        Teacher(llama, activations, precision), run, recipe, examples, steps, brake, tell
    )
    if state is None:
        _write(out, run, llama, recipe, ready, dataset, len(examples), precision)
    return Outcome(state or "done", out, len(examples), run.step, steps, brake.cpu_s, run.losses)


def _examples(reader: Reader, dataset: Path, recipe: Recipe, own: Sequence[Mapping[str, Any]]) -> list[Example]:
    rows = files.read(dataset, "train")
    if recipe.pairs:
        return reader.pairs(rows)[-recipe.examples_max :]
    liked = apart(reader.liked(rows), recipe.same_max)[-recipe.examples_max :]
    return [*liked, *reader.liked(canaries.planted(_hash(dataset), recipe.canaries)), *reader.liked(own)] if liked else []


def _hash(dataset: Path) -> str:
    return str(json.loads((dataset / "card.json").read_text())["hash"])


def _enough(examples: Sequence[Example], dataset: Path, recipe: Recipe) -> None:
    if recipe.pairs and len(examples) < recipe.pairs_min:
        few = f"{len(examples)} pairs of answers are too few for DPO: {recipe.pairs_min} are needed."
        raise ValueError(f"{few} The reward head learns from fewer.")
    if not examples:
        raise ValueError(f"There is no liked answer in {dataset} to learn from.")


def _fingerprint(ready: Base, precision: Precision, recipe: Recipe, reader: Reader, examples: Sequence[Example]) -> str:
    """Of what decides what comes out: the same, and it comes out the same to the bit on the same machine."""
    code = hashlib.sha256()
    for file in sorted([Path(__file__), *(Path(__file__).parent / "tuning").glob("*.py")]):
        code.update(file.read_bytes())
    told = [
        ready.sha256, precision, torch.__version__, code.hexdigest(), asdict(recipe), reader.root,
        [(one.event_ids, one.key) for one in examples],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _compute(
    activations: Activations, examples: Sequence[Example], precision: Precision, brake: Brake, tell: Tell
) -> Literal["paused", "out_of_budget"] | None:
    """What the lower half makes of those it was not asked for yet; why it stopped before the last."""
    missing = list({one.key: one for one in examples if not activations.has(one)}.values())
    for number, example in enumerate(missing):
        if why := brake.pulled():
            return why
        with _as(precision):
            activations.compute(example)
        if (number + 1) % 50 == 0 or number + 1 == len(missing):
            tell({"stage": "activations", "done": number + 1, "of": len(missing), "cpu_s": round(brake.cpu_s, 1)})
    return None


def _learn(
    teacher: Teacher, run: Run, recipe: Recipe, examples: Sequence[Example], steps: int, brake: Brake, tell: Tell
) -> Literal["paused", "out_of_budget"] | None:
    """To the end of the last epoch; why it stopped before that."""
    file = brake.out / CHECKPOINT
    batches = [batch for epoch in range(recipe.epochs) for batch in _epoch(examples, recipe, epoch)]
    assert len(batches) == steps
    while run.step < steps:
        if why := brake.pulled():
            run.save(file)
            return why
        run.losses.append(_step(teacher, run, recipe, batches[run.step], steps))
        run.step += 1
        if run.step % recipe.save_every == 0:
            run.save(file)
        if run.step % TELL_EVERY == 0 or run.step == steps:
            loss = _mean(run.losses[-TELL_EVERY:])
            tell({"stage": "learning", "step": run.step, "of": steps, "loss": loss, "cpu_s": round(brake.cpu_s, 1)})
    return None


def _step(teacher: Teacher, run: Run, recipe: Recipe, batch: Sequence[Example], steps: int) -> float:
    """One step of the optimiser; its loss."""
    for group in run.opt.param_groups:
        group["lr"] = recipe.rate_at(run.step, steps)
    run.opt.zero_grad(set_to_none=True)
    total = 0.0
    for liked, some in ((True, [one for one in batch if not one.own]), (False, [one for one in batch if one.own])):
        tokens = sum(len(one.answers[0]) for one in some)
        for pack in _packs(some):
            part = _part(teacher, run.lora, recipe, pack, tokens, len(batch), liked=liked)
            part.backward()
            total += float(part.detach())
    nn.utils.clip_grad_norm_(run.lora.parameters, 1.0)
    run.opt.step()
    return round(total, 6)


def _part(
    teacher: Teacher, lora: Lora, recipe: Recipe, pack: Sequence[Example], tokens: int, examples: int, *, liked: bool
) -> Tensor:
    """Of the loss of a batch that has so many tokens to foretell and so many examples, a pack's."""
    if recipe.pairs:
        return teacher.preferred(lora, pack, recipe, examples)
    if recipe.near:
        return teacher.near(lora, pack, tokens, liked=liked, near=recipe.near)
    return teacher.liked(lora, pack, tokens)


def _epoch(examples: Sequence[Example], recipe: Recipe, epoch: int) -> list[list[Example]]:
    """In batches, in an order of this epoch's own."""
    ordered = sorted(examples, key=lambda one: one.order(recipe.seed, epoch))
    return [ordered[start : start + recipe.batch] for start in range(0, len(ordered), recipe.batch)]


def _packs(batch: Sequence[Example]) -> list[list[Example]]:
    """A batch in parts that fit into memory."""
    packs, size = list[list[Example]](), 0
    for one in batch:
        length = len(one.tokens)
        if not packs or size + length > PACK_TOKENS_MAX:
            packs.append([])
            size = 0
        packs[-1].append(one)
        size += length
    return packs


def _as(precision: Precision) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")


def _targets(pack: Sequence[Example]) -> Tensor:
    return torch.tensor([token for one in pack for answer in one.answers for token in answer])


def _by_answer(surprise: Tensor, owners: Tensor) -> Tensor:
    return torch.zeros(int(owners.max()) + 1).index_add(0, owners, surprise)


def _write(
    out: Path, run: Run, llama: Llama, recipe: Recipe, ready: Base, dataset: Path, examples: int, precision: Precision
) -> None:
    """The card last: a folder with a card is whole."""
    from_ = _hash(dataset)
    run.lora.write(out / WEIGHTS)
    adapter.write(run.lora, llama.shape, out / ADAPTER, {"base": ready.sha256, "dataset": from_})
    told = {
        "fingerprint": run.fingerprint, "base": ready.sha256, "dataset": from_, "examples": examples, "steps": run.step,
        "precision": precision, "recipe": asdict(recipe), "losses": run.losses,
    }  # fmt: skip
    with partly(out / CARD) as part:
        part.write_text(json.dumps(told, indent=1))
    (out / CHECKPOINT).unlink(missing_ok=True)


def _card(out: Path) -> dict[str, Any]:
    return json.loads((out / CARD).read_text()) if (out / CARD).exists() else {}


def _take_away(out: Path) -> None:
    """What was learned from another dataset before: nobody's words are to stay in it."""
    for name in (CARD, ADAPTER, WEIGHTS):
        (out / name).unlink(missing_ok=True)


def _mean(losses: Sequence[float]) -> float | None:
    return round(sum(losses) / len(losses), 4) if losses else None


def _silently(_: dict[str, Any]) -> None:
    pass


def main() -> None:
    """Train from the command line; how far it is stands on stderr, line by line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("dataset", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument(
        "--cpu-minutes", type=float, help="minutes of computing after which it stops; it goes on when called again"
    )
    asked.add_argument("--pairs", action="store_true", help="learn from pairs of answers (DPO)")
    asked.add_argument("--gguf", type=Path, default=models_dir() / GGUF, help="another model than the embedded one")
    asked.add_argument("--home", type=Path, default=settings().home / HOME, help="where the base and the activations are kept")
    given = asked.parse_args()
    budget_s = None if given.cpu_minutes is None else given.cpu_minutes * 60
    found = train(
        given.dataset, given.out, given.home, given.gguf, Recipe(pairs=given.pairs, rehearsed=True), budget_s=budget_s,
        tell=lambda said: print(json.dumps(said), file=sys.stderr, flush=True),
    )  # fmt: skip
    print(json.dumps(found.said))


if __name__ == "__main__":
    main()
