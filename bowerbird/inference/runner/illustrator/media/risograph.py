"""Risograph: three soy inks, each its own halftone and a hair out of register, on cream paper."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Sheet
from ..colour import Colour, Field, grey, hexed, to_lab, towards
from ..noise import shifted, step
from ..stage import Stage
from .base import Medium, grain

_SETS = (
    ("#ffdf4a", "#ff5c93", "#1d77c4"), ("#ffcf5a", "#f0643c", "#157a8c"), ("#f6d55c", "#2fae8f", "#43408f"), ("#ffb38a", "#e2487c", "#27347c"),
    ("#ffd84a", "#ff7a4a", "#1f6b52"), ("#f4b7c8", "#3aa0c8", "#2b2a66"),
)  # fmt: skip


class Risograph(Medium):
    """Colours are what three inks can make."""

    passes = ("the light drum", "the bright drum", "the dark drum", "ink on paper")
    wobble = 0.8
    paper = "#f7f1e3"
    shading = 1.1

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.inks: list[Colour] = [hexed(c) for c in _SETS[0]]

    def choose(self, rgb: Field, figure: Field) -> None:
        """Load the three inks that come nearest to this picture, with a little chance among near equals."""
        palette = self.stage.light.palette
        every = max(1, rgb.shape[0] // 48)
        sample, seen = rgb[::every, ::every].reshape(-1, 3), figure[::every, ::every].ravel() > 0.5
        sample = np.concatenate([sample, *([sample[seen]] * 9)])[None]  # figures are small, but their colours are the point
        sets = [[towards(hexed(c), palette, 0.35) if palette else hexed(c) for c in inks] for inks in _SETS]
        for one in self.stage.scene.subjects[:2]:
            if one.colour and float(np.hypot(*to_lab(hexed(one.colour))[1:])) > 0.06:
                sets += [[inks[0], hexed(one.colour), inks[2]] for inks in sets[:4]]
        errors: list[float] = []
        for inks in sets:
            made = self.printed(separated(sample, inks, hexed(self.paper)), inks)
            errors.append(float(np.abs(to_lab(sample) - to_lab(made)).sum(-1).mean()) * (1 + 0.15 * self.rng.random()))
        self.inks = sets[int(np.argmin(errors))]

    def printed(self, shares: Field, inks: list[Colour]) -> Field:
        """What these shares of ink look like from far off."""
        made = np.ones_like(shares) * hexed(self.paper)
        for k, ink in enumerate(inks):
            made = made * (1 - shares[..., k : k + 1] * (1 - ink))
        return made

    def halftone(self, cover: Field, angle: float, pitch: float) -> Field:
        """Dots that grow with coverage, at their own angle."""
        stage = self.stage
        x, y = np.arange(stage.w, dtype=np.float32)[None, :], np.arange(stage.h, dtype=np.float32)[:, None]
        u, v = (x * np.cos(angle) + y * np.sin(angle)) / pitch, (y * np.cos(angle) - x * np.sin(angle)) / pitch
        screen = 0.5 + 0.25 * (np.cos(u * 2 * np.pi) + np.cos(v * 2 * np.pi))
        return step(-0.22, 0.22, cover * 1.10 - 0.03 - screen)

    def finish(self, sheet: Sheet) -> Iterator[Field]:
        """One drum after the other, then the unevenness of the inking."""
        stage = self.stage
        tone = grey(sheet.rgb)[..., None]
        lifted = np.clip((sheet.rgb + (sheet.rgb - tone) * 0.25 - 0.5) * 1.06 + 0.50, 0, 1)
        self.choose(lifted, sheet.figure)
        shares = separated(lifted, self.inks, hexed(self.paper))
        rgb = np.empty_like(sheet.rgb)
        rgb[:] = hexed(self.paper)
        pitch = max(3.2, stage.unit / 170)
        shift = stage.unit * 0.0028
        for k, (ink, angle) in enumerate(zip(self.inks, (0.0, 1.31, 0.78), strict=True)):
            cover = self.halftone(shares[..., k], angle, pitch)
            turn = self.rng.random() * 6.28
            cover = shifted(cover, round(np.cos(turn) * shift), round(np.sin(turn) * shift)) if k else cover
            speckle = (
                1 - 0.17 * step(0.66, 0.86, stage.fbm(f"ink{k}", 170, 2, 0.8)) - 0.10 * stage.fbm(f"roller{k}", 2.5, 3, coarse=4)
            )
            rgb = rgb * (1 - (cover * speckle)[..., None] * (1 - ink))
            yield rgb
        yield np.clip(rgb * grain(stage, 0.03)[..., None], 0, 1)


def separated(rgb: Field, inks: list[Colour], paper: Colour) -> Field:
    """How much of each ink (…, 3), 0..1, prints a picture's colours: densities add where inks overlap."""
    density = -np.log(np.clip(rgb / paper, 0.03, 1.0))
    basis = np.stack([-np.log(np.clip(ink, 0.04, 0.995)) for ink in inks])
    gram = basis @ basis.T
    wish = density @ basis.T
    rate = 1.0 / float(np.linalg.eigvalsh(gram).max())
    share = np.clip(wish / np.diag(gram) * 0.4, 0, 1)
    for _ in range(14):  # projected gradient: never less than no ink, never more than solid
        share = np.clip(share + rate * (wish - share @ gram), 0, 1)
    # A share of dots is not a thinner film: dots of coverage c show paper between them, so c must be larger than the film's.
    return (1 - np.exp(-2.0 * share)) / np.float32(1 - np.exp(-2.0))
