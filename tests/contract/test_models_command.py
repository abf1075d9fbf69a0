"""`bowerbird models add | list | remove | test` against a hub over a socket, with models in their real formats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bowerbird.core.settings import load
from bowerbird.inference import registry
from tests.unit import tiny
from tests.unit.hub_double import COMMIT, Hub, hub

WITH_DIFFUSERS = find_spec("diffusers") is not None and find_spec("torch") is not None
needs_diffusers = pytest.mark.skipif(
    not WITH_DIFFUSERS, reason="THE EXTRA [diffusers] IS NOT INSTALLED: tiny pipelines are not tried"
)
PLAIN = b"\x02\0\0\0\0\0\0\0{}"  # the smallest safetensors file there is


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return files_of(tiny.pipeline(tmp_path_factory.mktemp("tiny")))


def command(home: Path, one: Hub, *words: str, said: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ, "BOWERBIRD_DATA_DIR": str(home), "BOWERBIRD_MODELS_HUB_URL": one.url, "HF_TOKEN": "hf_abc",
        **environ,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "bowerbird.cli", "models", *words],
        env=env,
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_diffusers
def test_a_folder_is_added_listed_tried_and_removed(tmp_path: Path, pipeline: dict[str, bytes]) -> None:
    besides = {
        "unet/diffusion_pytorch_model.bin": b"pickle",
        "README.md": b"hello",
        "run.py": b"print('no')",
        "big.safetensors": PLAIN,
    }
    with hub(Hub({"atelier/Tiny": {**pipeline, **besides}})) as one:
        refused = command(tmp_path, one, "add", "atelier/Tiny", said="n\n")
        assert refused.returncode == 1
        assert "openrail" in refused.stderr
        assert one.served == ["model_index.json"]  # looked at; nothing large was fetched
        added = command(tmp_path, one, "add", "atelier/Tiny", "--accept-licence", "--steps", "2")
        assert added.returncode == 0, added.stderr
        told = json.loads(added.stdout)
        assert (told["id"], told["engine"], told["licence"], told["revision"]) == ("tiny", "diffusers", "openrail", COMMIT)
        assert set(told["files"]) == set(pipeline)  # no pickle, no code, nothing that the pipeline does not name
        assert not list((tmp_path / "models").rglob("*.py"))
        again = command(tmp_path, one, "add", "atelier/Tiny", "--accept-licence")
        assert "There is a model “tiny” already" in again.stderr
        assert [m["sha256"] for m in json.loads(command(tmp_path, one, "list").stdout)] == [told["sha256"]]
        tried = command(tmp_path, one, "test", "tiny")
        assert tried.returncode == 0, tried.stderr
        figures = json.loads(tried.stdout)
        assert (figures["width"], figures["height"], figures["model_hash"]) == (256, 256, told["sha256"])
        assert figures["peak_memory_mb"] > 100
        assert figures["first_s"] > figures["then_s"] > 0
        assert json.loads(command(tmp_path, one, "remove", "tiny").stdout) == {"removed": "tiny"}
        assert json.loads(command(tmp_path, one, "list").stdout) == []
        assert not (tmp_path / "models" / "tiny").exists()
        assert "no model “tiny”" in command(tmp_path, one, "remove", "tiny").stderr


def test_a_broken_line_is_gone_on_with_where_it_broke(tmp_path: Path) -> None:
    weights = PLAIN + os.urandom(3_000_000)
    with hub(Hub({"a/one": {"model.safetensors": weights}}, break_after=1_000_000)) as one:
        broken = command(tmp_path, one, "add", "a/one", "--accept-licence")
        assert broken.returncode == 1
        assert registry.models(load({"BOWERBIRD_DATA_DIR": str(tmp_path)})) == []
        one.break_after = 0
        done = command(tmp_path, one, "add", "a/one", "--accept-licence")
        assert done.returncode == 0, done.stderr
        assert one.ranges[-1] == ("model.safetensors", "bytes=1000000-")
        assert (tmp_path / "models" / "one" / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize(
    ("files", "words", "said"),
    [
        ({"model.ckpt": b"x"}, (), "which run whatever code is in them"),
        ({"model.ckpt": b"x"}, ("--file", "model.ckpt"), "which run whatever code is in them"),
        ({"a.safetensors": PLAIN, "b.gguf": b"GGUF"}, (), "--file. Safetensors and GGUF there: a.safetensors, b.gguf"),
        ({"a.safetensors": PLAIN}, ("--file", "none.safetensors"), "has no .safetensors or .gguf file"),
        ({"a.safetensors": b"\x80\x04\x95" + b"cbuiltins\nexec\n" * 9}, (), "is not the safetensors file that its name says"),
        ({"a.gguf": b"GGML" + b"x" * 99}, (), "is not the gguf file that its name says"),
        ({"a.safetensors": PLAIN + b"x" * 5000}, (), "BOWERBIRD_MODELS_BYTES_MAX"),
        ({"a.safetensors": PLAIN}, ("--lora", "nobody"), "There is no model “nobody”"),
        ({"a.safetensors": PLAIN}, ("--name", "illustrator"), "There is a model “illustrator” already"),
        ({"a.safetensors": PLAIN}, ("--name", "!"), "A model's name has 2 to 80"),
    ],
)  # fmt: skip
def test_what_we_do_not_take_is_told_why(tmp_path: Path, files: dict[str, bytes], words: tuple[str, ...], said: str) -> None:
    with hub(Hub({"a/one": files})) as one:
        refused = command(tmp_path, one, "add", "a/one", "--accept-licence", *words, BOWERBIRD_MODELS_BYTES_MAX="5000")
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert registry.models(load({"BOWERBIRD_DATA_DIR": str(tmp_path)})) == []


@pytest.mark.parametrize(
    ("pipeline_files", "said"),
    [
        ({"unet/diffusion_pytorch_model.bin": b"x", "unet/config.json": b"{}"}, "unet has its weights only as pickles (.bin)"),
        ({"unet/diffusion_pytorch_model.fp16.safetensors": PLAIN}, "unet comes as fp16. Choose one with --variant"),
    ],
)
def test_a_folder_with_other_weights_is_refused(tmp_path: Path, pipeline_files: dict[str, bytes], said: str) -> None:
    index = json.dumps({"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}).encode()
    with hub(Hub({"a/one": {"model_index.json": index, **pipeline_files}})) as one:
        refused = command(tmp_path, one, "add", "a/one", "--accept-licence")
        assert said in refused.stderr
        taken = command(tmp_path, one, "add", "a/one", "--accept-licence", "--variant", "fp16")
    assert ("fp16" in str(pipeline_files)) is (taken.returncode == 0), taken.stderr


def test_a_hub_that_errs_is_told_plainly(tmp_path: Path) -> None:
    with hub(Hub({"a/one": {"a.safetensors": PLAIN}})) as one:
        assert "The hub has no a/none" in command(tmp_path, one, "add", "a/none", "--accept-licence").stderr
        assert "owner/name" in command(tmp_path, one, "add", "not a name!", "--accept-licence").stderr
        one.lies = True
        assert "came damaged" in command(tmp_path, one, "add", "a/one", "--accept-licence").stderr
        one.lies, one.gated = False, True
        assert "only for those whom its author let in" in command(tmp_path, one, "add", "a/one", "--accept-licence").stderr
    nobody = command(tmp_path, one, "add", "a/one", "--accept-licence")
    assert "cannot be reached" in nobody.stderr
    assert "Traceback" not in nobody.stderr
