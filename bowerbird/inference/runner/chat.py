"""The embedded language model: llama.cpp in this process, loaded when first asked, spoken to through its own HTTP door."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from bowerbird.core.assets import assets_dir
from bowerbird.core.errors import TooMany, Unavailable

GGUF = "smollm2-135m-instruct.gguf"
CONTEXT_TOKENS = 4096
SLOTS = 2
BATCH_TOKENS = 256
TOKENS_MAX = 1024
ASKING_MAX = 16  # answers under way; llama.cpp itself lets any number wait
SILENT_S_MAX = 120.0  # before the first word: others may be served first
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: a status, a content type, and the bytes as they come."""

    status: int
    content_type: str
    pieces: AsyncIterator[bytes]


class Chat:
    """One loaded language model."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._asking = 0
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
        params.n_batch, params.n_ubatch = BATCH_TOKENS, BATCH_TOKENS
        params.kv_unified = True  # one long conversation may use what the other slot does not
        params.cache_ram_mib = 0  # its own default keeps up to 8 GiB of old prompts
        params.endpoint_slots = False  # what others ask is nobody's to read
        params.verbosity = 1
        params.api_keys = [self._key]
        return Server(params)

    async def ask(self, body: bytes) -> Answer:
        """The model's answer to a chat/completions body; leaving it early stops the model. Raises TooMany and Unavailable."""
        if self._asking >= ASKING_MAX:
            raise TooMany("The language model has too much to do.", retry_after_s=5)
        address = await self.load()
        client = httpx.AsyncClient(timeout=httpx.Timeout(SILENT_S_MAX, connect=5), trust_env=False)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            request = client.build_request("POST", f"{address}/v1/chat/completions", content=body, headers=headers)
            response = await client.send(request, stream=True)
        except httpx.HTTPError as broken:
            await client.aclose()
            raise Unavailable("The language model does not answer.") from broken
        return Answer(
            response.status_code, response.headers.get("content-type", "application/json"), self._pieces(client, response)
        )

    async def _pieces(self, client: httpx.AsyncClient, response: httpx.Response) -> AsyncIterator[bytes]:
        self._asking += 1
        try:
            async for piece in response.aiter_raw():
                yield piece
        except httpx.HTTPError:
            log.warning("the language model broke off")
        finally:
            self._asking -= 1
            await client.aclose()
