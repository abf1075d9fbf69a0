"""Train the ×4 upscaler on the material itself, from pictures made small, softened and noised as the flow leaves them.

`python -m bowerbird.learning.pictures.upscaling MATERIAL OUT --minutes 5`: one thread; two scales (64→256 and 256→1024 look alike to it)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bowerbird.learning.pictures import alone
from bowerbird.learning.pictures.flow import Upscaler
from bowerbird.learning.pictures.material import Dataset

FILE = "upscaler.pt"
CROP_PX = 128
BATCH = 12


def worsened(large: Tensor) -> Tensor:
    """A quarter of the size, some of it softened, a little noise: what a painted picture looks like before it is enlarged."""
    small = F.avg_pool2d(large, 4)
    soft = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, 1)
    how_much = torch.rand(len(small), 1, 1, 1) * 0.5
    small = torch.where(how_much < 0.35, torch.lerp(small, soft, how_much), small)
    return small + torch.randn_like(small) * 0.04 * torch.rand(len(small), 1, 1, 1)


def train(data: Dataset, out: Path, *, minutes: float = 5, steps: int | None = None) -> float:
    """Writes the weights to `out` after `minutes`, or after `steps`; how much better than bicubic it is on the last crops, in dB."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dice = np.random.default_rng(0)
    net = Upscaler()
    opt = torch.optim.AdamW(net.parameters(), 2e-3, betas=(0.9, 0.98), weight_decay=0)
    began, step, ours, cubic = time.monotonic(), 0, list[float](), list[float]()
    while (done := step / steps if steps else (time.monotonic() - began) / (60 * minutes)) < 1:
        for group in opt.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 30) * (1 - done) + 2e-5
        crops: list[np.ndarray] = []
        for _ in range(BATCH):
            picture = data.large[dice.integers(len(data.large))]
            top, left = dice.integers(0, picture.shape[0] - CROP_PX + 1, 2)
            crops.append(picture[top : top + CROP_PX, left : left + CROP_PX])
        large = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
        small = worsened(large)
        made = net(small)
        loss = (made - large).abs().mean() + sum((a - b).abs().mean() for a, b in zip(_edges(made), _edges(large), strict=True))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        step += 1
        with torch.no_grad():
            ours.append(float(F.mse_loss(made, large)))
            cubic.append(float(F.mse_loss(F.interpolate(small, scale_factor=4.0, mode="bicubic"), large)))
    torch.save(net.state_dict(), out)
    gain = 10 * np.log10(np.mean(cubic[-50:]) / np.mean(ours[-50:]))
    print(json.dumps({"steps": step, "better than bicubic, dB": round(float(gain), 2)}), flush=True)
    return float(gain)


def _edges(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


if __name__ == "__main__":
    alone.main(__doc__, FILE, train, minutes=5)
