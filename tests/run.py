"""`make test`: lint, then every test, in two halves side by side with a house each, types and import rules beside them; one closing line
a runner can read. With arguments for pytest (`python -m tests.run tests/unit/test_text.py`): one step after the other, and only those tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

PYTEST = [sys.executable, "-m", "pytest"]
LINT = {
    "lint": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
}
RULES = {
    "types": [sys.executable, "-m", "pyright"],
    "import rules": [os.path.join(os.path.dirname(sys.executable), "lint-imports"), "--no-cache"],
}
DOORS = ["tests/contract", "tests/crash"]  # about half of the work
LAST = "tests/house/test_sql.py"
LOGS = "BOWERBIRD_TEST_LOGS"  # names the folder where each half leaves what its house's database wrote down, for LAST
ENDED = re.compile(r"(\d+) (passed|failed|skipped|error)")
FELL = re.compile(r"^(?:FAILED|ERROR) .*$", re.MULTILINE)
_screen = threading.Lock()


@dataclass
class Step:
    """One program to run: as it speaks, or said whole when it has ended."""

    name: str
    command: list[str]
    live: bool = True
    code: int = -1
    said: bytearray = field(default_factory=bytearray)

    def run(self) -> bool:
        """Whether it went well."""
        began = time.monotonic()
        if self.live:
            _show(f"── {self.name}\n".encode())
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout
        try:
            while piece := os.read(process.stdout.fileno(), 65_536):
                self.said += piece
                if self.live:
                    _show(piece)
        finally:
            self.code = process.wait()  # Ctrl-C reached it too: it puts its house away
        how = "well" if not self.code else f"failed ({self.code})"
        whole = b"" if self.live else f"\n── {self.name}\n".encode() + self.said
        _show(whole + f"── {self.name}: {how}, {time.monotonic() - began:.0f} s\n".encode())
        return not self.code

    @property
    def plain(self) -> str:
        """What it said, without colours."""
        return re.sub(r"\x1b\[[\d;]*m", "", self.said.decode(errors="replace"))


def _show(piece: bytes) -> None:
    with _screen:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _tests(name: str, *words: str, live: bool = True) -> Step:
    return Step(name, [*PYTEST, *(["--color=yes"] if sys.stdout.isatty() else []), *words], live)


def one_by_one(steps: list[Step]) -> list[Step]:
    """Run them until one fails; those that ran."""
    for number, step in enumerate(steps, 1):
        if not step.run():
            return steps[:number]
    return steps


def whole() -> list[Step]:
    """Every step there is; those that ran. Types do not hold up the tests: all that is wrong is told in one run."""
    ran = one_by_one([Step(name, command) for name, command in LINT.items()])
    if ran[-1].code:
        return ran
    rest = [word for path in (*DOORS, LAST) for word in ("--ignore", path)]
    beside = [Step(name, command, live=False) for name, command in RULES.items()]
    beside.append(_tests("the other tests", "tests", *rest, live=False))
    doors = _tests("tests at the doors", *DOORS)
    with tempfile.TemporaryDirectory() as logs:
        os.environ[LOGS] = logs
        other = threading.Thread(target=lambda: [step.run() for step in beside])
        other.start()
        try:
            doors.run()
            other.join()
        except KeyboardInterrupt:
            beside.clear()
            raise
        ran += [doors, *beside]
        return ran + one_by_one([_tests("every statement", LAST)]) if not doors.code and not beside[-1].code else ran


def main() -> int:
    """Run the steps and say in the last line what came of them; the code of the first that failed."""
    began = time.monotonic()
    words = [word for word in sys.argv[1:] if word != "--lint"]
    if words or "--lint" in sys.argv:
        steps = [Step(name, command) for name, command in {**LINT, **RULES}.items()]
        ran = one_by_one(steps if "--lint" in sys.argv else [*steps, _tests("tests", *words)])
    else:
        ran = whole()
    counts: Counter[str] = Counter()
    for step in ran:
        for fell in FELL.findall(step.plain):
            print(fell)
        if step.command[: len(PYTEST)] == PYTEST:
            counts.update({what: int(number) for number, what in ENDED.findall(step.plain.rstrip().rpartition("\n")[2])})
    failed = [f"{step.name} failed ({step.code})" for step in ran if step.code]
    print(f"── {'; '.join(failed) or 'all well'}")
    if counts:  # as pytest says it of one run
        told = ", ".join(f"{counts[what]} {what}" for what in ("failed", "passed", "skipped", "error") if counts[what])
        print(f"==== {told} in {time.monotonic() - began:.2f}s ====", flush=True)
    return next((step.code for step in ran if step.code), 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
