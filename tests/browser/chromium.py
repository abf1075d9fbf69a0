"""Finds a Chromium for the browser tests, or installs Debian's where that is ours to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APT_TIMEOUT_S = 600
MEND = "No Chromium found. Run `apt-get install chromium`, or set BOWERBIRD_CHROMIUM to the program."


class NoChromium(RuntimeError):
    """There is none, and none could be installed."""


def flags() -> list[str]:
    """What a test browser is started with: quiet, and without a sandbox where root may have none."""
    quiet = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return ["--no-sandbox", *quiet] if os.geteuid() == 0 else quiet


def find(playwrights_own: str = "") -> str:
    """The program to start: BOWERBIRD_CHROMIUM, one on the PATH, Playwright's own, else Debian's. Raises NoChromium."""
    named = os.environ.get("BOWERBIRD_CHROMIUM")
    if named:
        if not shutil.which(named):
            raise NoChromium(f"BOWERBIRD_CHROMIUM is {named}, which is no program. Unset it or mend it.")
        return named
    found = _on_path() or (playwrights_own if playwrights_own and Path(playwrights_own).is_file() else None)
    return found or _install()


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> str:
    """Debian's package, where we are root on Debian or a child of it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoChromium(MEND)
    print("Browser tests: installing Debian's chromium with apt-get (once, about a minute)", file=sys.stderr, flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "--quiet", *words], env=env, capture_output=True, text=True, timeout=APT_TIMEOUT_S, check=False
        )
        if done.returncode:
            raise NoChromium(f"{MEND}\napt-get {words[0]} said: {done.stderr.strip()[-800:]}")
    path = _on_path()
    if path is None:
        raise NoChromium(MEND)
    return path
