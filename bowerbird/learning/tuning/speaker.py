"""The language model as the house speaks with it, for an exam: one answer after the other, with one of a few adapters or none. The same questions
in the same order give the same answers."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bowerbird.assistant import prompts
from bowerbird.assistant.loop import AGAINST_LOOPS
from bowerbird.core.errors import Unavailable

CONTEXT_TOKENS, BATCH_TOKENS = 2_048, 256
Turns = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said, in how many tokens."""

    text: str
    tokens: int


class Speaker:
    """llama.cpp with the adapters of these files. `who`: the number of one of them; None: the model as it came."""

    def __init__(self, gguf: Path, adapters: Sequence[Path]) -> None:
        from xllamacpp.xllamacpp import CommonAdapterLoraInfo, CommonParams, Server

        params = CommonParams()
        params.model.path = os.fspath(gguf)
        params.n_ctx, params.n_parallel, params.n_batch, params.n_ubatch = CONTEXT_TOKENS, 1, BATCH_TOKENS, BATCH_TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.warmup, params.cache_ram_mib, params.endpoint_slots, params.verbosity = False, 0, False, -1
        params.lora_init_without_apply = True
        added = list[Any]()
        for file in adapters:
            one = CommonAdapterLoraInfo()
            one.path, one.scale = os.fspath(file), 0.0
            added.append(one)
        params.lora_adapters = added
        self._adapters = len(adapters)
        try:
            self._server: Any = Server(params)
        except RuntimeError as broken:
            raise Unavailable("The language model does not come up with that adapter.") from broken

    def answer(self, turns: Turns, who: int | None, tokens_max: int, *, temperature: float = 0.0, seed: int = 1) -> Spoken:
        """An answer as the house asks for one: its own prompt first, and what keeps a small model from saying the same again. The likeliest word
        each time, or drawn by `seed` at a `temperature`."""
        said = [{"role": "system", "content": prompts.in_force("chat").words}, *turns]
        drawn = {"frequency_penalty": AGAINST_LOOPS, "temperature": temperature, "seed": seed}
        found = self._server.handle_chat_completions({"messages": said, "max_tokens": tokens_max, **self._manner(who), **drawn})
        return Spoken(str(_first(found)["message"].get("content") or "").strip(), int(found["usage"]["completion_tokens"]))

    def go_on(self, tokens: Sequence[int], who: int | None, tokens_max: int) -> str:
        """What comes after these tokens."""
        found = self._server.handle_completions({"prompt": list(tokens), "max_tokens": tokens_max, **self._manner(who)})
        return str(_first(found)["text"])

    def seconds(self, turns: Turns, who: int | None, tokens: int) -> float:
        """Of computing, for a token of an answer that is so many long; what was asked is read before."""
        told = {"messages": list(turns), "ignore_eos": True, **self._manner(who)}
        self._server.handle_chat_completions(told | {"max_tokens": 1})
        began = time.process_time()
        found = self._server.handle_chat_completions(told | {"max_tokens": tokens})
        return (time.process_time() - began) / int(found["usage"]["completion_tokens"])

    def _manner(self, who: int | None) -> dict[str, Any]:
        """Every adapter is named each time, for where none is, llama.cpp goes on from what another has read."""
        scales = [{"id": number, "scale": float(number == who)} for number in range(self._adapters)]
        return {"temperature": 0, "seed": 1, "cache_prompt": True, "lora": scales}


def _first(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The only choice. Raises Unavailable where there is none."""
    if not found.get("choices"):
        raise Unavailable(f"The language model does not answer: {found.get('error') or found}"[:300])
    return found["choices"][0]
