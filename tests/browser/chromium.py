"""Finds a Chromium for the browser tests, or installs Debian's where that is ours to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"  # the same engine without the windows that nobody sees: a third of the work
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PACKAGES = (SHELL, "chromium")  # Debian's; the first that there is
APT_TIMEOUT_S = 600
MEND = f"No Chromium found. Run `apt-get install {SHELL}`, or set BOWERBIRD_CHROMIUM to the program."


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
    print("Browser tests: installing Debian's Chromium with apt-get (once, about a minute)", file=sys.stderr, flush=True)
    troubles = [_apt("update")]
    for package in PACKAGES:
        troubles.append(_apt("install", "--yes", "--no-install-recommends", package))
        if path := _on_path():
            return path
    raise NoChromium(f"{MEND}\napt-get said: {' '.join(troubles)}")


def _apt(*words: str) -> str:
    """What it had to say where it failed."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *words], env=env, capture_output=True, text=True, timeout=APT_TIMEOUT_S, check=False
    )
    return done.stderr.strip()[-800:] or f"it ended with {done.returncode}" if done.returncode else ""
