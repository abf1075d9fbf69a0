"""The embedded language model: llama.cpp in this process, loaded when first asked, spoken to through its own HTTP door."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx

from bowerbird.core.assets import assets_dir
from bowerbird.core.errors import Unavailable

GGUF = "smollm2-135m-instruct.gguf"
CONTEXT_TOKENS = 4096
SLOTS = 2
TOKENS_MAX = 1024


class Chat:
    """One loaded language model."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._server: Any = None
        self._loading = asyncio.Lock()

    async def load(self) -> str:
        """The address of the loaded model's door. Raises Unavailable when its weights were not fetched."""
        async with self._loading:
            if self._server is None:
                self._server = await asyncio.to_thread(self._start)
            return str(self._server.listening_address)

    def _start(self) -> Any:
        weights = assets_dir() / "models" / GGUF
        if not weights.exists():
            raise Unavailable("The language model is not here yet. Run `make setup`.")
        from xllamacpp.xllamacpp import CommonParams, Server  # 60 MB of libraries an idle house need not hold

        params = CommonParams()
        params.model.path = os.fspath(weights)
        params.n_ctx, params.n_parallel, params.n_predict = CONTEXT_TOKENS, SLOTS, TOKENS_MAX
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.warmup = False
        params.api_keys = [self._key]
        return Server(params)

    async def ask(self, body: bytes) -> AsyncIterator[bytes]:
        """The model's answer to a chat/completions body, piece by piece as it comes."""
        address = await self.load()
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(120, connect=5)) as client,
            client.stream(
                "POST", f"{address}/v1/chat/completions", content=body,
                headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            ) as response,
        ):  # fmt: skip
            async for piece in response.aiter_raw():
                yield piece
