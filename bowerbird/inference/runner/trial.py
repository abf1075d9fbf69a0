"""`python -m bowerbird.inference.runner.trial MODEL`: one small picture by a model, in this process alone; seconds and memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from typing import Any

from bowerbird.core.errors import Trouble
from bowerbird.core.settings import settings
from bowerbird.inference.runner.engines import Shelf
from bowerbird.inference.wire import COMPLETED, ImageRequest

PROMPT, SIDE_PX, SEED = "a red fox asleep under a birch tree", 256, 7
RSS_BYTES = 1 if sys.platform == "darwin" else 1024  # what the system counts in


def tried(model: str) -> dict[str, Any]:
    """Draw it. Raises Trouble in words where it cannot."""
    engine = Shelf(settings()).engine(model)
    began = time.monotonic()
    seconds: list[float] = []
    recipe: dict[str, Any] = {}
    for _ in range(2):  # the first one loads
        *_, last = engine.draw(ImageRequest(prompt=PROMPT, model=model), SIDE_PX, SIDE_PX, SEED, threading.Event())
        assert last.type == COMPLETED
        assert last.bower
        recipe = last.bower.recipe
        seconds.append(round(time.monotonic() - began, 2))
        began = time.monotonic()
    engine.unload()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "model": model, "first_s": seconds[0], "then_s": seconds[1], "peak_memory_mb": round(peak * RSS_BYTES / 1e6),
        "runtime": recipe.get("runtime"), "width": recipe.get("width"), "height": recipe.get("height"), "model_hash": engine.model_hash(),
    }  # fmt: skip


if __name__ == "__main__":
    try:
        print(json.dumps(tried(sys.argv[1])))
    except Trouble as trouble:
        print(trouble.said, file=sys.stderr)
        raise SystemExit(1) from trouble
