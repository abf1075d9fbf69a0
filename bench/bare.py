"""The least a web server can do here: the same Granian, a fixed answer of as many bytes. What a real page is compared with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil

from bench.house import free_port

BODY = b"x" * int(os.environ.get("BENCH_BYTES", "15"))
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer everything with BODY."""
    del receive
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


@contextmanager
def served(bytes_each: int, processes: int) -> Generator[tuple[str, psutil.Process]]:
    """(address, main process) of a server of fixed answers, while the block lasts."""
    port = free_port()
    words = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--workers", str(processes), "--no-ws",
             "--log-level", "error", "bench.bare:application"]  # fmt: skip
    process = subprocess.Popen(words, env={**os.environ, "BENCH_BYTES": str(bytes_each)})
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(200):
            try:
                httpx.get(address, timeout=2)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)
