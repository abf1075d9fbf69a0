"""What tests of the language model's learning share; torch is needed only where they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.learning.tiny_llama import Tiny


@pytest.fixture(scope="module")
def tiny() -> Tiny:
    """The tiny language model, taught to answer."""
    from tests.learning import taught_llama

    return taught_llama.shared()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its base lies, converted once a file of tests."""
    return tmp_path_factory.mktemp("home")
