"""From a run's averaged weights to what the house serves: ONNX, int8 where it does not show, and a card of facts.

`python -m bowerbird.learning.pictures.export RUN FOLDER` writes flow.onnx, upscaler.onnx, judge.onnx and card.json;
the averaged weights themselves, in half precision, go to RUN/average.pt, from which another run can go on."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from bowerbird.inference.runner.embedder import MODEL_NAME
from bowerbird.learning.pictures.flow import Flow, Shape, Upscaler
from bowerbird.learning.pictures.judge import HEADS, Judge
from bowerbird.learning.pictures.upscaling import FILE as UPSCALER
from bowerbird.learning.pictures.words import COLOURS, COUNTS, HELD_OUT, MEDIA, RELATIONS, SUBJECTS, TIMES, WORLDS
from bowerbird.learning.train_pictures import CHECKPOINT

OPSET = 17


class Answers(nn.Module):
    """The judge with its heads in a row, as ONNX has no dictionaries."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self.judge = judge

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Features, then the logits of each head."""
        features, logits = self.judge(x)
        return (features, *(logits[name] for name in HEADS))


def to_onnx(
    net: nn.Module,
    example: tuple[Tensor, ...],
    names: list[str],
    out: Path,
    outputs: list[str],
    *,
    free: dict[str, dict[int, str]],
) -> None:
    """One network as a file; `free` names the axes that may change."""
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the legacy exporter needs no package beside torch, and says each time that it is the legacy one
        torch.onnx.export(
            net, example, str(out), input_names=names, output_names=outputs, dynamic_axes=free, opset_version=OPSET, dynamo=False
        )  # fmt: skip


def export(run: Path, folder: Path, judge: Path | None = None) -> dict[str, Any]:
    """Everything the runner loads, in `folder`; the card's facts. Raises FileNotFoundError for a run that has no checkpoint or upscaler."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = torch.load(run / CHECKPOINT, map_location="cpu", weights_only=True)
    shape = Shape(**kept["shape"])
    net = Flow(shape)
    net.load_state_dict(kept["average"])
    torch.save({name: value.half() for name, value in net.state_dict().items()}, run / "average.pt")
    example = (
        torch.randn(2, 3, shape.side, shape.side), torch.rand(2), torch.randn(2, shape.tokens, shape.text), torch.ones(2, shape.tokens),
    )  # fmt: skip
    names = ["noised", "time", "states", "mask"]
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "flow.onnx"
        to_onnx(net, example, names, whole, ["clean"], free={name: {0: "batch"} for name in [*names, "clean"]})
        quantize_dynamic(
            str(whole), str(folder / "flow.onnx"), weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True
        )  # fmt: skip
    up = Upscaler()
    up.load_state_dict(torch.load(run / UPSCALER, weights_only=True))
    axes = {0: "batch", 2: "height", 3: "width"}
    to_onnx(up, (torch.randn(1, 3, 64, 64),), ["small"], folder / "upscaler.onnx", ["large"], free={"small": axes, "large": axes})
    if judge:
        eye = Judge()
        eye.load_state_dict(torch.load(judge, weights_only=True))
        outputs = ["features", *HEADS]
        free = {name: {0: "batch"} for name in ["picture", *outputs]}
        to_onnx(Answers(eye), (torch.randn(2, 3, 64, 64),), ["picture"], folder / "judge.onnx", outputs, free=free)
    card = _card(kept, shape, sum(p.numel() for p in net.parameters()), folder)
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return card


def _card(kept: dict[str, Any], shape: Shape, parameters: int, folder: Path) -> dict[str, Any]:
    files = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(folder.glob("*.onnx"))}
    curve = kept["curve"]
    return {
        "name": "Bowerbird Painter", "licence": "AGPL-3.0-or-later", "parameters": parameters, "shape": kept["shape"], "text": MODEL_NAME,
        "samples": kept["seen"], "steps": kept["step"], "wall_s": round(kept["elapsed_s"]), "tflop": round(kept["seen"] * 6 * shape.macs / 1e12, 1),
        "loss": curve[-1][2] if curve else None, "curve": curve[:: max(1, len(curve) // 40)], "files": files,
        "knows": {
            "subjects": {noun: list(others) for noun, others in SUBJECTS.items()}, "colours": list(COLOURS), "counts": [1, *COUNTS],
            "worlds": {world: phrases[0] for world, phrases in WORLDS.items()}, "times": {time: said[0] for time, said in TIMES.items()},
            "media": {medium: said[0] for medium, said in MEDIA.items()}, "relations": {one: said[0] for one, said in RELATIONS.items()},
        },
        "held_out": sorted(map(list, HELD_OUT)),
    }  # fmt: skip


def main() -> None:
    """Export from the command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("run", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--judge", type=Path)
    given = asked.parse_args()
    card = export(given.run, given.folder, given.judge)
    print(json.dumps({name: card[name] for name in ("parameters", "samples", "steps", "tflop", "loss")}))


if __name__ == "__main__":
    main()
