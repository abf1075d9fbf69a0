"""`make test`: lint, types, import rules, then every test; one closing line a runner can read."""

from __future__ import annotations

import os
import subprocess
import sys
import time

STEPS = [
    ("lint", [sys.executable, "-m", "ruff", "check", "--quiet", "."]),
    ("format", [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("types", [sys.executable, "-m", "pyright"]),
    ("import rules", [os.path.join(os.path.dirname(sys.executable), "lint-imports"), "--no-cache"]),
]


def main() -> int:
    """Run the steps; stop at the first that fails."""
    steps = list(STEPS)
    if "--lint" not in sys.argv:
        steps.append(("tests", [sys.executable, "-m", "pytest", *[arg for arg in sys.argv[1:] if arg != "--lint"]]))
    for name, command in steps:
        began = time.monotonic()
        print(f"── {name}", flush=True)
        code = subprocess.run(command, check=False).returncode
        if code:
            print(f"── {name} failed ({code})", flush=True)
            return code
        print(f"── {name}: well, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
