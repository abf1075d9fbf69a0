"""A language model small enough to train in a test, as a GGUF with the real one's tokenizer cut short; and datasets to train it on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bowerbird.core.assets import models_dir
from bowerbird.core.settings import Settings
from bowerbird.inference.runner.chat import GGUF
from bowerbird.learning.datasets import card, files
from bowerbird.learning.datasets.item import Item, Turn
from bowerbird.learning.datasets.sieve import Kept
from bowerbird.learning.tuning.adapter import NAMES, interleaved

WORDS = 2_048
COLOURS = ("red", "blue", "green", "gold", "white", "black")


@dataclass(frozen=True, slots=True)
class Tiny:
    """The file, and the model it was made of."""

    file: Path
    model: Any


def made(folder: Path, layers: int = 4) -> Tiny:
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=WORDS, hidden_size=64, intermediate_size=128, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, max_position_embeddings=2_048, rope_theta=10_000.0, rms_norm_eps=1e-5, tie_word_embeddings=True, initializer_range=0.15,
    )  # fmt: skip
    return written(folder, LlamaForCausalLM(config).eval())


def written(folder: Path, model: Any) -> Tiny:
    """As a GGUF."""
    layers = model.config.num_hidden_layers
    file = folder / "tiny.gguf"
    writer = gguf.GGUFWriter(file, "llama")
    _words(writer)
    sizes = {
        "block_count": layers, "context_length": 2_048, "embedding_length": 64, "feed_forward_length": 128, "attention.head_count": 4,
        "attention.head_count_kv": 2, "rope.dimension_count": 16, "vocab_size": WORDS,
    }  # fmt: skip
    for name, value in sizes.items():
        writer.add_uint32(f"llama.{name}", value)
    writer.add_float32("llama.rope.freq_base", 10_000.0)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    weights = {name: one.detach().numpy() for name, one in model.state_dict().items()}
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    for layer in range(layers):
        for what, name in {**NAMES, "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}.items():
            one = weights[f"model.layers.{layer}.{what}.weight"]
            if name in ("attn_q", "attn_k"):
                one = interleaved(one, {"attn_q": 4, "attn_k": 2}[name])
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ascontiguousarray(one))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return Tiny(file, model)


def _words(writer: Any) -> None:
    fields = gguf.GGUFReader(models_dir() / GGUF).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()[:WORDS]
    known = set(tokens)
    merges = [one for one in fields["tokenizer.ggml.merges"].contents() if {*one.split(" "), one.replace(" ", "")} <= known]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(fields["tokenizer.ggml.token_type"].contents()[:WORDS])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(fields["tokenizer.chat_template"].contents())


def items(people: Sequence[int], each: int = 4, kind: Any = "liked") -> list[Item]:
    """Answers that people liked: each asks for a colour and is told it."""
    found: list[Item] = []
    for person in people:
        for number in range(each):
            colour = COLOURS[(person + number) % len(COLOURS)]
            asked = Turn(role="user", content=f"{person} asks {number}: which colour goes with {colour}?")
            found.append(
                Item(
                    kind=kind, source="thumbs", person_id=person, event_ids=(number * 1_000 + person,), item_kind="conversation",
                    item_id=person, prompt=(asked,), chosen=f"Paint it {colour}, as the sea is {colour}.",
                    rejected="I do not know." if kind == "pair" else "",
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: one.event_ids)


def dataset(folder: Path, found: Sequence[Item]) -> Path:
    """On disk as the house writes it, all of it to train on."""
    kept = [Kept(one, "train", f"{one.person_id:016x}") for one in found]
    facts = card.of("assistant", files.hash_of(kept), ["train_assistant_feedback"], kept, [])
    return asyncio.run(files.write(Settings(data_dir=str(folder)), facts, kept))
