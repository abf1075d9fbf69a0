"""The embedded language model: llama.cpp in this process, loaded when first asked, spoken to through its own HTTP door.

It speaks as it came, or with one of a few adapters, told for each answer. Other adapters need another server: it is started beside the one that
stands, warmed, and takes over; the old one ends when its last answer has."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import re
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
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
ADAPTERS_MAX = 4  # at hand at once, the last asked for; about 10 MB each
DRAIN_S_MAX = 600.0  # for the last answers of a server that another took over from
BROKEN_S = 60.0  # an adapter that cannot be read is not looked for again so soon
SHA256 = re.compile(r"[0-9a-f]{64}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: a status, a content type, and the bytes as they come. `adapter`: which it speaks with, "" for none."""

    status: int
    content_type: str
    pieces: AsyncIterator[bytes]
    adapter: str = ""


@dataclass(slots=True)
class Loaded:
    """llama.cpp with the model and its adapters, by hash in their order. `asking`: answers under way."""

    server: Any
    adapters: tuple[str, ...] = ()
    asking: int = 0

    @property
    def address(self) -> str:
        """Of its own door."""
        return str(self.server.listening_address)

    def end(self) -> None:
        """Let the server go, with whatever it was still saying."""
        self.server = None

    def scales(self, adapter: str) -> list[dict[str, float]]:
        """How strongly each adapter speaks. All are named each time: where none is, llama.cpp goes on from what another has read."""
        return [{"id": number, "scale": float(one == adapter)} for number, one in enumerate(self.adapters)]


@dataclass(slots=True)
class Chat:
    """One loaded language model. `folder`: where adapters lie, by their hash."""

    _key: str
    folder: Path
    _asking: int = 0
    _loaded: Loaded | None = None
    _broken: dict[str, float] = field(default_factory=dict[str, float])
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        timeout = httpx.Timeout(SILENT_S_MAX, connect=5)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=SLOTS)
        roots = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # none: it is loopback in the clear, and reading them takes a while
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False, verify=roots)

    @property
    def adapters(self) -> tuple[str, ...]:
        """Those at hand."""
        return self._loaded.adapters if self._loaded else ()

    async def load(self) -> Loaded:
        """The model, loaded: while another takes over, the one that stands. Raises Unavailable when its weights were not fetched."""
        if self._loaded is None:
            async with self._loading:
                self._loaded = self._loaded or Loaded(await asyncio.to_thread(self.bare))
        return self._loaded

    async def hold(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Have adapters at hand, the most wanted first, those that are there already as long as there is room; which are then.

        What is not there or not whole is left out. Raises Unavailable without the model."""
        before = await self.load()
        async with self._loading:
            before = self._loaded or before
            there = [one for one in dict.fromkeys(wanted) if one in before.adapters or await asyncio.to_thread(self._whole, one)]
            if set(there) <= set(before.adapters):
                return before.adapters
            # a file may have gone since it was read, with what it learned
            all_ = [one for one in dict.fromkeys([*there, *before.adapters]) if await asyncio.to_thread(self._whole, one)]
            after = await self._beside(tuple(all_[:ADAPTERS_MAX]), before.adapters)
            self._loaded = after
        self._leave(before)
        asyncio.get_running_loop().call_later(DRAIN_S_MAX, before.end)
        return after.adapters

    async def _beside(self, adapters: tuple[str, ...], proven: tuple[str, ...]) -> Loaded:
        """Another server, warm. Raises Unavailable where it does not come up with these; the `proven` ones have spoken before."""
        began = time.monotonic()
        try:
            after = Loaded(await asyncio.to_thread(self.bare, [self.folder / f"{one}.gguf" for one in adapters]), adapters)
            await self._warm(after)
        except (RuntimeError, httpx.HTTPError) as broken:
            self._broken |= dict.fromkeys(set(adapters) - set(proven), time.monotonic())
            raise Unavailable("The language model does not come up with that adapter.") from broken
        log.info("adapters at hand: %s, after %.1f s", ", ".join(one[:8] for one in adapters), time.monotonic() - began)
        return after

    def _whole(self, adapter: str) -> bool:
        """Whether an adapter is there, every byte of it."""
        if not SHA256.fullmatch(adapter) or time.monotonic() - self._broken.get(adapter, -BROKEN_S) < BROKEN_S:
            return False
        try:
            whole = hashlib.sha256((self.folder / f"{adapter}.gguf").read_bytes()).hexdigest() == adapter
        except OSError:
            whole = False
        if not whole:
            self._broken[adapter] = time.monotonic()
            log.warning("the adapter %s is not there, or not whole", adapter)
        return whole

    async def _warm(self, loaded: Loaded) -> None:
        """A word with each adapter: what cannot speak does not take over. Raises HTTPError."""
        for adapter in ("", *loaded.adapters):
            body = {"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 1, "lora": loaded.scales(adapter)}
            said = await self._client.post(f"{loaded.address}/v1/chat/completions", json=body, headers=self._headers)
            said.raise_for_status()

    def _leave(self, loaded: Loaded) -> None:
        """Let an old server go once its last answer has ended."""
        if loaded is not self._loaded and not loaded.asking:
            loaded.end()

    def bare(self, adapters: Sequence[Path] = ()) -> Any:
        """The model itself, loaded with adapters, for whoever wants it without the doors around it. Raises Unavailable without its weights."""
        weights = assets_dir() / "models" / GGUF
        if not weights.exists():
            raise Unavailable("The language model is not here yet. Run `make setup`.")
        from xllamacpp.xllamacpp import (
            CommonAdapterLoraInfo,
            CommonParams,
            Server,
        )  # 60 MB of libraries an idle house need not hold

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
        params.lora_init_without_apply = True  # each answer says which it is spoken with
        added: list[Any] = []
        for file in adapters:
            one = CommonAdapterLoraInfo()
            one.path, one.scale = os.fspath(file), 0.0
            added.append(one)
        params.lora_adapters = added
        return Server(params)

    async def ask(self, body: dict[str, Any], adapter: str = "") -> Answer:
        """The model's answer to a chat/completions body, spoken with an adapter where that is there; leaving it early stops the model.

        Raises TooMany and Unavailable."""
        if self._asking >= ASKING_MAX:
            raise TooMany("The language model has too much to do.", retry_after_s=5)
        loaded = await self.load()
        if adapter and adapter not in loaded.adapters:
            with suppress(Unavailable):
                await self.hold([adapter])
            loaded = await self.load()
        adapter = adapter if adapter in loaded.adapters else ""
        said = json.dumps({**body, "lora": loaded.scales(adapter)}).encode()
        loaded.asking += 1
        try:
            request = self._client.build_request(
                "POST", f"{loaded.address}/v1/chat/completions", content=said, headers=self._headers
            )
            response = await self._client.send(request, stream=True)
        except BaseException as broken:
            loaded.asking -= 1
            self._leave(loaded)
            if isinstance(broken, httpx.HTTPError):
                raise Unavailable("The language model does not answer.") from broken
            raise
        kind = response.headers.get("content-type", "application/json")
        return Answer(response.status_code, kind, self._pieces(loaded, response), adapter)

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text. Raises Unavailable."""
        loaded = await self.load()
        loaded.asking += 1
        try:
            counts: list[int] = []
            for text in texts:
                answer = await self._client.post(f"{loaded.address}/tokenize", json={"content": text}, headers=self._headers)
                counts.append(len(answer.raise_for_status().json()["tokens"]))
            return counts
        except (httpx.HTTPError, ValueError, KeyError) as broken:
            raise Unavailable("The language model does not answer.") from broken
        finally:
            loaded.asking -= 1
            self._leave(loaded)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}

    async def _pieces(self, loaded: Loaded, response: httpx.Response) -> AsyncIterator[bytes]:
        self._asking += 1
        try:
            async for piece in response.aiter_raw():
                yield piece
        except httpx.HTTPError:
            log.warning("the language model broke off")
        finally:
            self._asking -= 1
            await response.aclose()  # half read, its connection goes, and the model stops
            loaded.asking -= 1
            self._leave(loaded)
