from __future__ import annotations

import pytest

from bowerbird.core.assets import built_dir


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set-up makes what these tests read; without it they say so instead of failing one by one."""
    if not (built_dir() / "drawings.json").is_file():
        raise pytest.UsageError("the drawings' index is missing: run `make setup`")
