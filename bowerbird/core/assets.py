"""Where the fetched parts stand: browser libraries, fonts, drawings and models. Nothing in there is committed."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def assets_dir() -> Path:
    """The assets directory: BOWERBIRD_ASSETS_DIR, or `assets` beside the package."""
    return Path(os.environ.get("BOWERBIRD_ASSETS_DIR") or REPOSITORY / "assets")


def models_dir() -> Path:
    """Where model files lie: `tokenizer.json`, `smollm2-135m-instruct.gguf`, the painter's weights."""
    return assets_dir() / "models"


def built_dir() -> Path:
    """What set-up made from the packages: the drawings' index and the pages' static files."""
    return assets_dir() / "built"
