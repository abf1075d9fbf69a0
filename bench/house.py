"""A house of its own for measuring: `bowerbird run` on free ports, with what its processes cost."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from bowerbird.core.settings import settings as settings_

START_S = 90
REST_S_MAX = 240
WEB_PROCESSES = 2


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class House:
    """Runs while the `with` block lasts; its folder goes with it."""

    def __init__(self, web_processes: int = WEB_PROCESSES, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bower-bench-"))
        self.folder.chmod(0o755)  # the embedded PostgreSQL runs as a user of its own when we are root
        self.port, self.runner_port, self.feed_port = free_port(), free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.started_s = 0.0
        own = {
            "data_dir": str(self.folder / "data"), "port": str(self.port), "runner_port": str(self.runner_port), "log_level": "warning",
            "feed_port": str(self.feed_port), "web_processes": str(web_processes), **settings,
        }  # fmt: skip
        self.own = {f"BOWERBIRD_{name.upper()}": value for name, value in own.items()}
        os.environ |= self.own  # our own verbs in this process read the same settings
        settings_.cache_clear()

    def __enter__(self) -> Self:
        self.started_s = self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Where its pages stand."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """Its database."""
        return f"postgresql://postgres:@/bowerbird?host={self.folder / 'data' / 'postgres'}"

    def start(self) -> float:
        """Start it; seconds until every door answered."""
        began = time.perf_counter()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bowerbird.cli", "run"], env={**os.environ, **self.own}, stdout=log, stderr=log
            )
        for door in (f"{self.url}/healthz", *(f"http://127.0.0.1:{port}/healthz" for port in (self.runner_port, self.feed_port))):
            while not _answers(door):
                if time.perf_counter() - began > START_S or self.process.poll() is not None:
                    raise SystemExit(f"The house did not start:\n{(self.folder / 'log').read_text(errors='replace')[-3000:]}")
                time.sleep(0.02)
        return time.perf_counter() - began

    def stop(self) -> float:
        """Close it; seconds until it had ended."""
        assert self.process
        began = time.perf_counter()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(40)
        return time.perf_counter() - began

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Its processes by what they do: run, models, serve, work, postgres."""
        assert self.process
        main = psutil.Process(self.process.pid)
        found: dict[str, list[psutil.Process]] = {"run": [main]}
        postmaster = int((self.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
        found["postgres"] = [psutil.Process(postmaster), *psutil.Process(postmaster).children(recursive=True)]
        for child in main.children():
            name = child.cmdline()[-1:]
            if name and name[0] in ("models", "serve", "work"):
                found[name[0]] = [child, *child.children(recursive=True)]
        return found

    def cpu_s(self) -> dict[str, float]:
        """CPU-seconds each part has used so far, user and system."""
        return {name: sum(_cpu_s(one) for one in parts) for name, parts in self.processes().items()}

    def rest(self) -> None:
        """Wait until the house has caught up: the worker reads what was said (its meaning, for search) behind everything else."""
        for _ in range(REST_S_MAX // 2):
            before = self.cpu_s()
            time.sleep(2)
            if sum(spent(before, self.cpu_s()).values()) < 0.1:
                return

    def memory_mb(self) -> dict[str, tuple[float, float]]:
        """(PSS, RSS) of each part in MB. PSS shares pages held by several processes between them; RSS counts them in each."""
        return {
            name: (sum(_pss(one) for one in parts) / 1e6, sum(one.memory_info().rss for one in parts) / 1e6)
            for name, parts in self.processes().items()
        }


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """CPU-seconds between two readings of `House.cpu_s`."""
    return {name: after[name] - before.get(name, 0.0) for name in after}


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


def _pss(process: psutil.Process) -> float:
    try:
        return float(getattr(process.memory_full_info(), "pss", process.memory_info().rss))
    except psutil.NoSuchProcess:
        return 0.0


def _answers(door: str) -> bool:
    try:
        return httpx.get(door, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
