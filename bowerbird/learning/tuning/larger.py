"""The same dataset for a larger model, where there is a GPU or several machines: LoRA by TRL, under accelerate or torchrun.

    accelerate launch -m bowerbird.learning.tuning.larger DATASET OUT --model MODEL
    torchrun --nproc_per_node 8 -m bowerbird.learning.tuning.larger DATASET OUT --model MODEL --method dpo

MODEL is a folder or the name of a causal language model with a chat template. What comes out is an adapter as peft writes it, for an endpoint that
loads such (vLLM: `--enable-lora --lora-modules`), which a tier of the house is then pointed at (`BOWERBIRD_MODELS_FULL_URL`). The extra is
`[learn-larger]`; the embedded model learns by `train_assistant.py`, at a tenth of the cost."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bowerbird.assistant import prompts
from bowerbird.core.whole import partly
from bowerbird.learning.datasets import files

CARD, BEGUN = "card.json", "begun.json"
PAIRS_MIN = 2_000  # for DPO: the reward head learns from fewer
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
Method = Literal["sft", "dpo"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is learned. `batch`: examples a step of each process; `length_max`: tokens of an example."""

    method: Method = "sft"
    rank: int = 16
    alpha: int = 32
    rate: float = 2e-4
    epochs: int = 1
    batch: int = 4
    length_max: int = 2_048
    seed: int = 0
    beta: float = 0.1
    pairs_min: int = PAIRS_MIN


def examples(dataset: Path, method: Method) -> list[dict[str, Any]]:
    """What TRL takes, of a dataset's folder: the conversation so far with the house's own instructions before it, and the answers. Oldest first."""
    system = {"role": "system", "content": prompts.in_force("chat").words}
    wanted = "liked" if method == "sft" else "pair"
    rows = [row for row in files.read(dataset, "train") if row["kind"] == wanted and row["prompt"]]
    rows.sort(key=lambda row: (row["event_ids"], row["chosen"]))

    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    return [
        {"prompt": [system, *map(dict, row["prompt"])]}
        | ({"completion": said(row["chosen"])} if method == "sft" else {"chosen": said(row["chosen"]), "rejected": said(row["rejected"])})
        for row in rows
    ]  # fmt: skip


def train(dataset: Path, out: Path, model: str, recipe: Recipe) -> dict[str, Any]:
    """Learn, in as many processes as the launcher started; a run that was broken off goes on from its last checkpoint. What came of it.

    Raises ValueError where there is too little to learn from."""
    found = examples(dataset, recipe.method)
    least = 1 if recipe.method == "sft" else recipe.pairs_min
    if len(found) < least:
        raise ValueError(f"{len(found)} examples are too few for {recipe.method}: {least} are needed.")
    trainer = _trainer(found, out, model, recipe)
    if trainer.accelerator.is_main_process:
        _begin(out, {"dataset": dataset.name, "model": model, "recipe": asdict(recipe)})
    trainer.accelerator.wait_for_everyone()
    result = trainer.train(resume_from_checkpoint=any(out.glob("checkpoint-*")) or None)
    trainer.save_model(str(out / "adapter"))
    told = {
        "model": model, "dataset": dataset.name, "examples": len(found), "processes": trainer.accelerator.num_processes,
        "steps": trainer.state.global_step, "loss": round(float(result.training_loss), 4), "recipe": asdict(recipe),
    }  # fmt: skip
    if trainer.accelerator.is_main_process:
        weights = out / "adapter" / "adapter_model.safetensors"
        told["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
        with partly(out / CARD) as part:
            part.write_text(json.dumps(told))
    trainer.accelerator.wait_for_everyone()  # who goes while another still writes takes the group's threads along, and is killed by them now and then
    trainer.accelerator.end_training()
    return told


def _begin(out: Path, run: dict[str, Any]) -> None:
    """Take away what is left of any other run: somebody may be in it who withdrew."""
    file = out / BEGUN
    if not file.exists() or json.loads(file.read_text()) != run:
        for one in (*out.glob("checkpoint-*"), out / "adapter"):
            shutil.rmtree(one, ignore_errors=True)
        (out / CARD).unlink(missing_ok=True)
        with partly(file) as part:
            part.write_text(json.dumps(run))


def _trainer(found: Sequence[dict[str, Any]], out: Path, model: str, recipe: Recipe) -> Any:
    """TRL's own, for either method."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    gpu = torch.cuda.is_available()
    shared: dict[str, Any] = {
        "output_dir": str(out), "num_train_epochs": recipe.epochs, "per_device_train_batch_size": recipe.batch, "learning_rate": recipe.rate,
        "seed": recipe.seed, "max_length": recipe.length_max, "save_steps": 50, "save_total_limit": 1, "logging_steps": 10, "report_to": [],
        "bf16": gpu and torch.cuda.is_bf16_supported(), "use_cpu": not gpu, "gradient_checkpointing": gpu,
        "model_init_kwargs": {"dtype": torch.bfloat16 if gpu else torch.float32},
    }  # fmt: skip
    lora = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=TARGETS, task_type="CAUSAL_LM")
    words: Any = AutoTokenizer.from_pretrained(model)
    data = Dataset.from_list(list(found))
    if recipe.method == "sft":
        config: Any = SFTConfig(**shared, completion_only_loss=True)
        return SFTTrainer(model=model, args=config, train_dataset=data, processing_class=words, peft_config=lora)
    config = DPOConfig(**shared, beta=recipe.beta)
    return DPOTrainer(model=model, args=config, train_dataset=data, processing_class=words, peft_config=lora)


def main() -> None:
    """From the command line; the first process says what came of it, as JSON."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("dataset", type=Path)
    words.add_argument("out", type=Path)
    words.add_argument("--model", required=True)
    words.add_argument("--method", choices=["sft", "dpo"], default="sft")
    for name in ("rank", "epochs", "batch", "length_max", "seed", "pairs_min"):
        words.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Recipe(), name))
    words.add_argument("--rate", type=float, default=Recipe().rate)
    given = vars(words.parse_args())
    dataset, out, model = given.pop("dataset"), given.pop("out"), given.pop("model")
    recipe = Recipe(**given)
    if int(os.environ.get("RANK", "0")) == 0:
        out.mkdir(parents=True, exist_ok=True)
    try:
        told = train(dataset, out, model, recipe)
    except ValueError as few:
        raise SystemExit(str(few)) from few
    if int(os.environ.get("RANK", "0")) == 0:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
