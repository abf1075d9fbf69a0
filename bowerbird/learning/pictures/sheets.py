"""The table and the contact sheets of docs/pictures.md: drawn again by `python -m bowerbird.learning.pictures.evaluate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bowerbird.inference.runner import painter
from bowerbird.learning.pictures.material import Dataset

TILE_PX, GAP_PX, LABEL_PX = 128, 6, 30
COLUMNS = 10
NEAREST = 10
START, END = "<!-- measured: {} -->", "<!-- end of {} -->"

Small = NDArray[np.uint8]


class Named(Protocol):
    """What has a prompt."""

    @property
    def prompt(self) -> str:
        """The words."""
        ...


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def enlarged(small: Small) -> Image.Image:
    """A painted picture as people get it, at TILE_PX."""
    pixels = small.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1
    large = painter.shared().enlarged(pixels, 256)
    return Image.fromarray(large).resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)


def sheet(tiles: Sequence[Image.Image], labels: Sequence[str], columns: int = COLUMNS) -> Image.Image:
    """Tiles in rows with two lines of words below each."""
    rows = -(-len(tiles) // columns)
    wide, high = TILE_PX + GAP_PX, TILE_PX + LABEL_PX + GAP_PX
    page = Image.new("RGB", (columns * wide + GAP_PX, rows * high + GAP_PX), "white")
    pen = ImageDraw.Draw(page)
    for number, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        left, top = GAP_PX + number % columns * wide, GAP_PX + number // columns * high
        page.paste(tile, (left, top))
        pen.multiline_text((left, top + TILE_PX + 2), _wrapped(label), fill="#333333", font_size=10, spacing=1)
    return page


def write(
    docs: Path, prompts: Sequence[Named], ours: Small, best: Small, near: tuple[Dataset, NDArray[np.int64]] | None, measured: str
) -> None:
    """The sheets as WebP beside the page, and table, card and curve between their marks in the page."""
    folder = docs / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    half = len(ours) // len(prompts)
    firsts = [enlarged(one) for one in ours[::half][:60]]
    _save(sheet(firsts, [one.prompt for one in prompts[:60]]), folder / "painter.webp")
    pairs: list[Image.Image] = []
    labels: list[str] = []
    for number in range(60, 80):
        pairs += [
            enlarged(ours[number * half]),
            Image.fromarray(best[number * half]).resize((TILE_PX, TILE_PX), Image.Resampling.BICUBIC),
        ]
        labels += [f"Painter: {prompts[number].prompt}", "Illustrator, at 64 px"]
    _save(sheet(pairs, labels), folder / "painter-and-illustrator.webp")
    if near:
        material, alike = near
        tiles: list[Image.Image] = []
        for number in range(NEAREST):
            two = [enlarged(ours[number * half]), enlarged(ours[number * half + 1])]
            known = Image.fromarray(material.small[alike[number * half]]).resize((TILE_PX, TILE_PX), Image.Resampling.BICUBIC)
            tiles += [*two, known]
        labels = ["seed 11", "seed 22", "nearest it learned from"] * NEAREST
        _save(sheet(tiles, labels, 9), folder / "nearest.webp")
    page = docs / "pictures.md"
    text = page.read_text()
    for name, inside in {"table": measured, "card": _card()}.items():
        text = between(text, START.format(name), END.format(name), inside)
    page.write_text(text)


def between(text: str, start: str, end: str, inside: str) -> str:
    """The text with what stands between the two marks replaced. Raises ValueError where a mark is missing: nothing is lost then."""
    head, middle = text.index(start) + len(start), text.index(end)
    if middle < head:
        raise ValueError(f"{end} stands before {start}")
    return f"{text[:head]}\n{inside}\n{text[middle:]}"


def _card() -> str:
    card: dict[str, Any] = json.loads((painter.WEIGHTS / "card.json").read_text())
    size = sum(file.stat().st_size for file in painter.WEIGHTS.glob("*.onnx")) / 1e6
    facts = [
        ["parameters", f"{card['parameters']:,}"], ["shape", ", ".join(f"{name} {value}" for name, value in card["shape"].items())],
        ["samples seen", f"{card['samples']:,}"], ["steps", f"{card['steps']:,}"], ["compute", f"{card['tflop']:,.0f} TFLOP"],
        ["time", f"{card['wall_s'] / 60:.0f} minutes of two busy cores"], ["loss at the end", f"{card['loss']:.4f}"],
        ["weights", f"{size:.1f} MB, of which int8 flow {(painter.WEIGHTS / 'flow.onnx').stat().st_size / 1e6:.1f} MB"],
    ]  # fmt: skip
    curve = [[f"{round(seconds / 60)}", f"{seen:,}", f"{loss:.4f}"] for seconds, seen, loss in card["curve"][::4]]
    return f"{table(['Painter', ''], facts)}\n\n{table(['minute', 'samples', 'loss'], curve)}"


def _save(picture: Image.Image, file: Path) -> None:
    picture.save(file, quality=80, method=6)


def _wrapped(text: str, width: int = 22) -> str:
    lines: list[str] = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:2])
