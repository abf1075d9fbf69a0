"""The trainers on planted material: what is there to learn is learned, a killed run goes on, what is exported paints the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [learn] extra is not installed: `make setup-test` brings it")

from bowerbird.inference.runner import painter  # noqa: E402
from bowerbird.inference.runner.embedder import Embedder  # noqa: E402
from bowerbird.learning.pictures import export, judge, upscaling  # noqa: E402
from bowerbird.learning.pictures.flow import Flow, Shape, noised, velocity_loss  # noqa: E402
from bowerbird.learning.pictures.material import Dataset, Item, scenes, write_shard  # noqa: E402
from bowerbird.learning.train_pictures import BUDGETS, CHECKPOINT, Batches, Budget, train  # noqa: E402

RED, BLUE = (220, 30, 30), (30, 30, 220)
SHORT = Budget(1, BUDGETS["try"].shape, 4, processes=1, steps=100)


def planted(folder: Path, colour: tuple[int, int, int], words: str, count: int = 12) -> Path:
    """Material of one colour, a little noisy, with words that go with it."""
    folder.mkdir()
    dice = np.random.default_rng(1)
    pictures = [np.clip(np.array(colour) + dice.normal(0, 6, (256, 256, 3)), 0, 255).astype(np.uint8) for _ in range(count)]
    items = [Item(one, [words], None, "a test") for one in pictures]
    write_shard(folder, 0, items, Embedder.load(), large=True)
    return folder


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run taught red, then taught blue by the community."""
    here = tmp_path_factory.mktemp("painter")
    red = planted(here / "red", RED, "a fox in the snow")
    (here / "run").mkdir()
    train(0, red, here / "run", SHORT)
    return here


def painted(weights: Path, words: str) -> np.ndarray:
    """The mean colour of what exported weights paint."""
    *_, last = painter.Painter(weights).steps(words, 1)
    return painter.as_bytes(last).reshape(-1, 3).mean(0)


def exported(here: Path, run: str) -> Path:
    if not (here / run / upscaling.FILE).exists():
        upscaling.train(Dataset.of_folder(here / "red"), here / run / upscaling.FILE, steps=3)
    export.export(here / run, here / f"{run}-weights")
    return here / f"{run}-weights"


def test_what_is_there_to_learn_is_learned_and_exported(taught: Path) -> None:
    kept = torch.load(taught / "run" / CHECKPOINT, weights_only=True)
    assert kept["seen"] > 100
    assert np.abs(painted(exported(taught, "run"), "a fox in the snow") - RED).mean() < 60
    card = json.loads((taught / "run-weights" / "card.json").read_text())
    assert card["samples"] == kept["seen"]
    assert card["curve"][-1][1] == kept["seen"]


def test_the_community_moves_it(taught: Path) -> None:
    blue = planted(taught / "blue", BLUE, "a piano by the sea")
    (taught / "more").mkdir()
    exported(taught, "run")
    train(0, taught / "red", taught / "more", SHORT, taught / "run" / "average.pt", blue)
    exported(taught, "more")
    before, after = (painted(taught / f"{run}-weights", "a piano by the sea") for run in ("run", "more"))
    assert after[2] - before[2] > 60, "what people taught it"
    kept = painted(taught / "more-weights", "a fox in the snow")
    assert kept[0] > kept[2] + 60, "what it knew"


def test_half_of_a_batch_is_the_communitys(taught: Path) -> None:
    torch.manual_seed(0)
    red = Dataset.of_folder(taught / "red")
    blue = Dataset.of_folder(planted(taught / "blue2", BLUE, "a cat"))
    clean, states, mask = Batches(red, 9, 64, "cpu", blue)()
    assert clean.shape == (9, 3, 64, 64)
    assert states.shape[:2] == mask.shape
    assert int((clean[:, 2] > clean[:, 0]).all((1, 2)).sum()) == 4


@pytest.fixture(scope="module")
def by_two(taught: Path) -> tuple[Path, dict[str, int]]:
    """A short run of two processes, and the last it said."""
    told = subprocess.run(
        [*program(taught, taught / "two"), "--steps", "16"], capture_output=True, text=True, timeout=300, check=True
    )
    return taught / "two", json.loads(told.stdout.splitlines()[-1])


def program(taught: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "bowerbird.learning.train_pictures", str(taught / "red"), str(out), "--budget", "try"]


def test_a_killed_run_goes_on_where_it_was(taught: Path, by_two: tuple[Path, dict[str, int]], tmp_path: Path) -> None:
    first, told = by_two
    shutil.copytree(first, tmp_path / "run")
    words = program(taught, tmp_path / "run")
    process = subprocess.Popen([*words, "--steps", "100000"], stdout=subprocess.PIPE, start_new_session=True)
    while len(children(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 30
    while any(alive(one) for one in workers):
        assert time.monotonic() < until, "its processes outlive it"
        time.sleep(0.1)
    again = subprocess.run([*words, "--steps", "32"], capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(again.stdout.splitlines()[-1])["seen"] > told["seen"]


def test_averaging_makes_two_processes_one(by_two: tuple[Path, dict[str, int]]) -> None:
    _, last = by_two
    assert last["seen"] == last["step"] * BUDGETS["try"].batch * 2
    assert last["step"] % 8 == 0, "both left at the same step"


def test_the_loss_is_the_velocitys() -> None:
    torch.manual_seed(1)
    clean = torch.randn(4, 3, 8, 8)
    z, when = noised(clean)
    when = when.clamp(max=0.8)
    guess = torch.randn_like(clean)
    at = when[:, None, None, None]
    noise = torch.randn_like(clean)
    z = at * clean + (1 - at) * noise
    wanted = ((guess - z) / (1 - at) - (clean - noise)).square().mean()
    assert torch.allclose(velocity_loss(guess, clean, when), wanted, rtol=1e-4)


def test_export_is_the_network(taught: Path) -> None:
    """int8 costs a little, no more: the same noise, time and words through torch and through ONNX Runtime."""
    import onnxruntime

    kept = torch.load(taught / "run" / CHECKPOINT, weights_only=True)
    shape = Shape(**kept["shape"])
    net = Flow(shape)
    net.load_state_dict(kept["average"])
    feed = (
        torch.randn(2, 3, 64, 64),
        torch.tensor([0.2, 0.7]),
        torch.randn(2, shape.tokens, shape.text),
        torch.ones(2, shape.tokens),
    )
    with torch.no_grad():
        theirs = net.eval()(*feed).numpy()
    session = onnxruntime.InferenceSession(str(exported(taught, "run") / "flow.onnx"))
    names = ("noised", "time", "states", "mask")
    ours = session.run(None, {name: each.numpy() for name, each in zip(names, feed, strict=True)})[0]
    assert np.linalg.norm(ours - theirs) / np.linalg.norm(theirs) < 0.15


def test_the_judge_learns_to_tell_scenes_apart(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    write_shard(folder, 0, [item for _, item in scenes(77, 30)], Embedder.load(), large=False)
    right = judge.train(Dataset.of_folder(folder), tmp_path / judge.FILE, steps=40, tested=6)
    assert set(right) == set(judge.HEADS)
    net = judge.Judge().eval()
    net.load_state_dict(torch.load(tmp_path / judge.FILE, weights_only=True))
    data = Dataset.of_folder(folder)
    features, answers = judge.judged(net, data.small[:24])
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    truth = np.array([judge.answers(told["facts"]) for told in data.told[:24]])
    media = list(judge.HEADS).index("medium")
    assert (answers["medium"] == truth[:, media]).mean() > 0.5, "six media: chance is 0.17"


def children(pid: int) -> list[int]:
    import psutil

    return [one.pid for one in psutil.Process(pid).children(recursive=True) if "spawn_main" in " ".join(one.cmdline())]


def alive(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
