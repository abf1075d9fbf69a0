"""Draw the fixed prompts: `python -m bench.pictures [--size 512] [--only 3,17] [--seed 7] [--out build/pictures] [--docs]`.

Writes contact.png with every picture, page-1.png … with twelve each, and prints seconds a picture and a preview.
`--docs` writes docs/pictures.webp as well: every picture, numbered as in prompts.txt, in at most 600 KB.
"""

from __future__ import annotations

import argparse
import statistics
import textwrap
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from bowerbird.inference.runner.illustrator.paint import paint
from bowerbird.inference.runner.illustrator.reading import read

PROMPTS = Path(__file__).with_name("prompts.txt")
PAGE = 12
COLUMNS = 4
CAPTION_PX = 46
DOCS = Path(__file__).resolve().parents[2] / "docs/pictures.webp"
DOCS_BYTES_MAX = 600_000


def prompts() -> list[str]:
    """The fixed prompts; an empty line is the empty prompt."""
    return PROMPTS.read_text("utf-8").split("\n")[1:-1]


def sheet(pictures: list[tuple[str, Image.Image]], columns: int, size: int) -> Image.Image:
    """Pictures in a grid with their prompts beneath."""
    rows = -(-len(pictures) // columns)
    out = Image.new("RGB", (columns * size, rows * (size + CAPTION_PX)), "#f4f1ea")
    pen = ImageDraw.Draw(out)
    for at, (caption, picture) in enumerate(pictures):
        x, y = at % columns * size, at // columns * (size + CAPTION_PX)
        out.paste(picture.resize((size, size), Image.Resampling.LANCZOS), (x, y))
        pen.text((x + 4, y + size + 2), "\n".join(textwrap.wrap(caption, max(20, size // 7))[:3]), fill="#333333", font_size=12)
    return out


def for_docs(pictures: list[Image.Image], columns: int = 6, size: int = 232) -> None:
    """The sheet of the documentation, in the best quality that keeps it small."""
    rows = -(-len(pictures) // columns)
    out = Image.new("RGB", (columns * (size + 6) + 6, rows * (size + 6) + 6), "#f4f1ea")
    pen = ImageDraw.Draw(out)
    for at, picture in enumerate(pictures):
        x, y = at % columns * (size + 6) + 6, at // columns * (size + 6) + 6
        out.paste(picture.resize((size, size), Image.Resampling.LANCZOS), (x, y))
        pen.text((x + 6, y + 5), str(at + 1), fill="#ffffff", stroke_fill="#000000", stroke_width=2, font_size=13)
    for quality in range(86, 20, -5):
        out.save(DOCS, "WEBP", quality=quality, method=6)
        if DOCS.stat().st_size <= DOCS_BYTES_MAX:
            return


def main() -> None:
    """Draw, time, write."""
    parse = argparse.ArgumentParser(prog="python -m bench.pictures")
    parse.add_argument("--size", type=int, default=768)
    parse.add_argument("--seed", type=int, default=7)
    parse.add_argument("--only", default="")
    parse.add_argument("--out", type=Path, default=Path("build/pictures"))
    parse.add_argument("--docs", action="store_true")
    args = parse.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    wanted = {int(n) for n in args.only.split(",") if n}
    done: list[tuple[str, Image.Image]] = []
    pictures_s: list[float] = []
    previews_s: list[float] = []
    for number, prompt in enumerate(prompts(), 1):
        if wanted and number not in wanted:
            continue
        scene = read(prompt, args.seed + number)
        start = last = time.perf_counter()
        image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None = None
        for layer in paint(scene, args.size, args.size, args.seed + number):
            image, now = layer.image, time.perf_counter()
            previews_s.append(now - last)
            last = now
        pictures_s.append(last - start)
        print(
            f"{number:3d} {pictures_s[-1]:5.2f} s  {scene.world:10s} {scene.medium:11s} {scene.time:8s} {prompt[:60]}", flush=True
        )
        assert image is not None
        done.append((f"{number} {prompt or '(nothing)'} [{scene.world}, {scene.medium}]", Image.fromarray(image)))
    for page in range(0, len(done), PAGE):
        sheet(done[page : page + PAGE], COLUMNS, 360).save(args.out / f"page-{page // PAGE + 1}.png")
    if args.docs:
        for_docs([picture for _, picture in done])
    sheet(done, 10, 256).save(args.out / "contact.png")
    print(
        f"{len(done)} pictures at {args.size} px: median {statistics.median(pictures_s):.2f} s, slowest {max(pictures_s):.2f} s; "
        f"a preview every {statistics.median(previews_s):.3f} s, slowest {max(previews_s):.2f} s"
    )


if __name__ == "__main__":
    main()
