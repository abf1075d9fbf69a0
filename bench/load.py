"""Asks one address again and again over kept-open connections: `python -m bench.load URL --together 32 --seconds 8`.

A process of its own, written on bare sockets, so that as little as possible of two cores goes into the asking."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Result:
    """What came of it; times in ms, `cpu_s` the asker's own."""

    requests: int
    seconds: float
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    bytes_each: int
    cpu_s: float


class Asker(asyncio.Protocol):
    """One connection that asks the next time as soon as an answer is whole."""

    def __init__(self, request: bytes, until: float, times: list[float], done: asyncio.Future[None]) -> None:
        self.request, self.until, self.times, self.done = request, until, times, done
        self.began = 0.0
        self.body: bytearray = bytearray()
        self.wanted = -1
        self.size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.body.clear()
        self.wanted = -1
        self.began = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.body += data
        if self.wanted < 0:
            end = self.body.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.body[:end]).lower()
            if b" 200" not in head[:15]:
                self._over(RuntimeError(f"not 200: {head[:200]!r}"))
                return
            at = head.find(b"content-length:")
            self.wanted = end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self.body) < self.wanted:
            return
        now = time.perf_counter()
        self.times.append(now - self.began)
        self.size = self.wanted
        if now < self.until:
            self._ask()
        else:
            self._over(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over(exc or ConnectionError("closed by the house"))

    def _over(self, trouble: Exception | None) -> None:
        if self.done.done():
            return
        self.transport.close()
        if trouble:
            self.done.set_exception(trouble)
        else:
            self.done.set_result(None)


async def ask(url: str, headers: list[str], together: int, seconds: float) -> Result:
    """Ask for `seconds` over `together` connections. Raises at the first answer that is not a 200 with a length."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", *headers]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    times: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    askers: list[Asker] = []
    for _ in range(together):
        asker = Asker(request, began + seconds, times, loop.create_future())
        await loop.create_connection(lambda asker=asker: asker, parts.hostname, parts.port)
        askers.append(asker)
    await asyncio.wait_for(asyncio.gather(*(asker.done for asker in askers)), seconds + 60)
    took = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [times[0]] * 99
    ms = [round(cuts[n] * 1000, 2) for n in (49, 94, 98)]
    return Result(
        len(times), round(took, 3), round(len(times) / took, 1), *ms, askers[0].size, round(time.process_time() - cpu, 3)
    )


def run(url: str, *, headers: list[str], together: int, seconds: float) -> Result:
    """The same in a process of its own."""
    words = [sys.executable, "-m", "bench.load", url, "--together", str(together), "--seconds", str(seconds)]
    for header in headers:
        words += ["--header", header]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 90)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return Result(**json.loads(done.stdout))


def main() -> None:
    """Ask and print the result as JSON."""
    parse = argparse.ArgumentParser(prog="python -m bench.load")
    parse.add_argument("url")
    parse.add_argument("--header", action="append", default=[])
    parse.add_argument("--together", type=int, default=1)
    parse.add_argument("--seconds", type=float, default=8)
    args = parse.parse_args()
    print(json.dumps(asdict(asyncio.run(ask(args.url, args.header, args.together, args.seconds)))))


if __name__ == "__main__":
    main()
