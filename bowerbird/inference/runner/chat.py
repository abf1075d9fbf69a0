"""The embedded language model: llama.cpp in this process, loaded when first asked, spoken to through its own HTTP door."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bowerbird.core.assets import assets_dir
from bowerbird.core.errors import TooMany, Unavailable

GGUF = "smollm2-135m-instruct.gguf"
SLOTS = 4  # warm, four at once say a fifth more tokens a CPU second than two; 95 MB more
CONTEXT_TOKENS = 2048 * SLOTS
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
        timeout = httpx.Timeout(SILENT_S_MAX, connect=5)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=SLOTS)
        roots = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # none: it is loopback in the clear, and reading them takes a while
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False, verify=roots)
        self._loading = asyncio.Lock()

    async def load(self) -> str:
        """The address of the loaded model's door. Raises Unavailable when its weights were not fetched."""
        async with self._loading:
            if self._server is None:
                self._server = await asyncio.to_thread(self.bare)
            return str(self._server.listening_address)

    def bare(self) -> Any:
        """The model itself, loaded, for whoever wants it without the doors around it. Raises Unavailable without its weights."""
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
        try:
            request = self._client.build_request("POST", f"{address}/v1/chat/completions", content=body, headers=self._headers)
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as broken:
            raise Unavailable("The language model does not answer.") from broken
        return Answer(response.status_code, response.headers.get("content-type", "application/json"), self._pieces(response))

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text. Raises Unavailable."""
        address = await self.load()
        counts: list[int] = []
        try:
            for text in texts:
                answer = await self._client.post(f"{address}/tokenize", json={"content": text}, headers=self._headers)
                counts.append(len(answer.raise_for_status().json()["tokens"]))
        except (httpx.HTTPError, ValueError, KeyError) as broken:
            raise Unavailable("The language model does not answer.") from broken
        return counts

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        self._asking += 1
        try:
            async for piece in response.aiter_raw():
                yield piece
        except httpx.HTTPError:
            log.warning("the language model broke off")
        finally:
            self._asking -= 1
            await response.aclose()  # half read, its connection goes, and the model stops
