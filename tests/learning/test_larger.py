"""The same dataset for a larger model: TRL under torchrun, here in two processes on a tiny model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the [learn-larger] extra is not installed: `make setup-test` brings it")

from safetensors import safe_open

from bowerbird.learning.tuning import base, larger
from tests.learning.tiny_llama import dataset, items, made


def launched(*words: str) -> tuple[dict[str, Any], str]:
    """(what it came to, what it complained of)."""
    more = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m",
            "bowerbird.learning.tuning.larger", *words,
        ],
        capture_output=True, text=True, check=False, timeout=240, env={**os.environ, **more},
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return (json.loads(lines[-1]) if lines and done.returncode == 0 else {}), done.stderr


def test_two_processes_learn_one_adapter_from_liked_answers(tmp_path: Path) -> None:
    model = str(base.ready(made(tmp_path).file, tmp_path / "base").folder)
    folder, out = dataset(tmp_path, items(range(1, 7))), tmp_path / "out"
    out.mkdir()
    (out / "begun.json").write_text('{"dataset": "another"}')  # of somebody who withdrew since
    (out / "checkpoint-9").mkdir()
    found, wrong = launched(str(folder), str(out), "--model", model, "--batch", "3", "--epochs", "2")
    assert found, wrong[-6_000:]
    assert (found["processes"], found["examples"], found["steps"]) == (2, 24, 8)
    assert not (out / "checkpoint-9").exists()
    with safe_open(out / "adapter" / "adapter_model.safetensors", "np") as weights:
        names = [name for name in weights.keys() if name.endswith("lora_B.weight")]  # noqa: SIM118 - it is no mapping
        assert len(names) == 4 * 7
        assert any(abs(weights.get_tensor(name)).max() > 0 for name in names), "it has learned something"
    assert json.loads((out / "card.json").read_text()) == found


def test_too_few_pairs_are_refused_in_words(tmp_path: Path) -> None:
    folder = dataset(tmp_path, items(range(1, 3), kind="pair"))
    with pytest.raises(ValueError, match="8 examples are too few for dpo: 2000 are needed"):
        larger.train(folder, tmp_path / "out", "no model is looked for", larger.Recipe(method="dpo"))
    assert [turn["role"] for turn in larger.examples(folder, "dpo")[0]["prompt"]] == ["system", "user"]
