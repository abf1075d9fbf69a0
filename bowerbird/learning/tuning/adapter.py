"""An adapter as llama.cpp reads it: a GGUF of its own, loaded beside the model's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray

from bowerbird.core.whole import partly
from bowerbird.learning.tuning.llama import Shape
from bowerbird.learning.tuning.lora import Lora, Name

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def write(lora: Lora, shape: Shape, file: Path, about: Mapping[str, str]) -> None:
    """Whole or not at all, the same bytes for the same adapter. `about`: what is said of it inside, under `bowerbird.`."""
    with partly(file) as part:
        writer: Any = gguf.GGUFWriter(part, "llama")
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, lora.alpha)
        for name, said in sorted(about.items()):
            writer.add_string(f"bowerbird.{name}", said)
        turned = {"self_attn.q_proj": shape.heads, "self_attn.k_proj": shape.groups}
        for (layer, what), (a, b) in sorted(lora.pairs.items()):
            wide = b.detach().numpy()
            if what in turned:
                wide = interleaved(wide, turned[what])
            writer.add_tensor(f"blk.{layer}.{NAMES[what]}.weight.lora_a", a.detach().numpy().astype(np.float16))
            writer.add_tensor(f"blk.{layer}.{NAMES[what]}.weight.lora_b", np.ascontiguousarray(wide.astype(np.float16)))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def read(file: Path, shape: Shape) -> Lora:
    """One that was written, as llama.cpp has it: in halves of the precision it was learned in."""
    reader: Any = gguf.GGUFReader(file)
    letters = {"lora_a": dict[Name, torch.Tensor](), "lora_b": dict[Name, torch.Tensor]()}
    turned = {"self_attn.q_proj": shape.heads, "self_attn.k_proj": shape.groups}
    for one in reader.tensors:
        _, layer, name, _, letter = str(one.name).split(".")
        what = next(ours for ours, theirs in NAMES.items() if theirs == name)
        weight = np.array(one.data, np.float32)
        if letter == "lora_b" and what in turned:
            weight = halved(weight, turned[what])
        letters[letter][int(layer), what] = torch.from_numpy(np.ascontiguousarray(weight))
    alpha = float(reader.fields[gguf.Keys.Adapter.LORA_ALPHA].contents())
    return Lora({name: (a, letters["lora_b"][name]) for name, a in letters["lora_a"].items()}, alpha)


def interleaved(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a weight that makes queries or keys in llama.cpp's order: transformers keeps the two halves of a rotation apart within a head,
    llama.cpp side by side."""
    return rows.reshape(heads, 2, len(rows) // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def halved(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The other way round."""
    return rows.reshape(heads, len(rows) // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)
