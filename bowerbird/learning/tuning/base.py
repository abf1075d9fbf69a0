"""The embedded language model as something that can be trained: read from its GGUF once, kept as plain float32 in the data directory.

Training starts from the very weights that answer, quantised and read back, so that an adapter is learned beside what it will be used beside."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

CONTEXT_TOKENS_MAX = 8192  # the file says nothing of it, and transformers then believes in 10³⁰
Precision = Literal["float32", "bfloat16"]
MATRIX = (256, 576, 1536)  # as they are multiplied here most
TRIAL_S = 0.5  # each
CLEARLY_FASTER = 1.2
PRECISION = "precision.json"


@dataclass(frozen=True, slots=True)
class Base:
    """Where it lies. `sha256`: of the GGUF it was read from."""

    folder: Path
    sha256: str

    def tokenizer(self) -> Any:
        """Its tokenizer, with its chat template."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder)

    def precision(self) -> Precision:
        """What this machine multiplies faster; tried for a second once and kept, for another precision would give another adapter."""
        file = self.folder / PRECISION
        asked = {"torch": torch.__version__, "machine": torch.backends.cpu.get_cpu_capability()}
        if file.exists() and {name: (kept := json.loads(file.read_text())).get(name) for name in asked} == asked:
            return kept["precision"]
        rates = {"float32": _rate(torch.float32), "bfloat16": _rate(torch.bfloat16)}
        chosen: Precision = "bfloat16" if rates["bfloat16"] > CLEARLY_FASTER * rates["float32"] else "float32"
        file.write_text(json.dumps(asked | {"precision": chosen, "gflops": {name: round(rate) for name, rate in rates.items()}}))
        return chosen


def ready(gguf: Path, home: Path) -> Base:
    """The model of a GGUF under `home`, converted where it was not yet; those of other files are taken away."""
    with gguf.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    folder = home / sha256[:16]
    if not folder.exists():
        half = home / ".half"
        shutil.rmtree(half, ignore_errors=True)
        with redirect_stderr(io.StringIO()):  # bars that fill up, between our own lines
            _convert(gguf, half)
        for other in home.iterdir():
            if other != half:
                shutil.rmtree(other)
        half.rename(folder)
    return Base(folder, sha256)


def _convert(gguf: Path, folder: Path) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    alone = folder / "alone"  # beside another tokenizer.json transformers would take that one, not the GGUF's own
    alone.mkdir(parents=True)
    (alone / gguf.name).symlink_to(gguf.resolve())
    tokenizer: Any = AutoTokenizer.from_pretrained(alone, gguf_file=gguf.name)
    model: Any = AutoModelForCausalLM.from_pretrained(alone, gguf_file=gguf.name, dtype=torch.float32)
    shutil.rmtree(alone)
    if len(tokenizer) != model.config.vocab_size or not tokenizer.chat_template or tokenizer.eos_token_id is None:
        raise ValueError(f"{gguf.name} brings no tokenizer of its own with a chat template.")
    # it was read into float32, and yet counts as quantised, which cannot be saved
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.architectures = ["LlamaForCausalLM"]
    model.config._name_or_path = gguf.stem
    for config in (model.config, model.generation_config):
        config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
        config.pad_token_id = tokenizer.eos_token_id
    tokenizer.model_max_length = min(CONTEXT_TOKENS_MAX, model.config.max_position_embeddings)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _rate(dtype: torch.dtype) -> float:
    """GFLOP in a second of this process's own time."""
    rows, inner, columns = MATRIX
    a, b = torch.ones(rows, inner, dtype=dtype), torch.ones(inner, columns, dtype=dtype)
    torch.mm(a, b)  # the first time it is made ready
    times, began = 0, time.process_time()
    while time.process_time() - began < TRIAL_S:
        torch.mm(a, b)
        times += 1
    return times * 2 * rows * inner * columns / 1e9 / (time.process_time() - began)
