"""The same recipe gives the same bytes in every process, whatever Python's hash seed."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import hashlib
from bowerbird.inference.runner.illustrator import paint, reading
digest = hashlib.sha256()
prompts = ("three owls on a branch in autumn", "sunflowers in a vase", "a storm over the sea", "a red fox and a blue bird in the snow")
for number, prompt in enumerate(prompts):
    for variant in range(4):
        scene = reading.read(prompt, 40 + number, variant)
        digest.update(repr(scene).encode())
        digest.update(paint.picture(paint.paint(scene, 96, 80, 40 + number)).tobytes())
print(digest.hexdigest())
"""


def test_the_same_recipe_gives_the_same_bytes_in_every_process() -> None:
    seen = set[str]()
    for seed in ("0", "1", "4242", "random"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        seen.add(done.stdout.strip())
    assert len(seen) == 1
