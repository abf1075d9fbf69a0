"""Colour scripts: for each time of day, a few skies with the land that belongs under them, chosen by eye.

Each is sky (zenith to horizon), land (far to near), the colour of the disc and its glow, and the colour of haze.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """One agreed set of colours, as '#rrggbb'."""

    sky: tuple[str, str, str, str]
    land: tuple[str, str, str, str]
    sun: str
    haze: str
    key: str  # the light's own colour: multiplied into what it falls on
    ambient: str  # the colour of shadow


SCRIPTS: dict[str, tuple[Script, ...]] = {
    "dawn": (
        Script(
            ("#8fa8d8", "#d9b9cf", "#f5c9b5", "#fbe6cf"),
            ("#b7c0dc", "#7f95c8", "#46639f", "#1f3262"),
            "#fff3d4",
            "#f6ddd2",
            "#ffe3cf",
            "#7f8fc4",
        ),
        Script(
            ("#6f7fc0", "#a99bd0", "#e8b7c6", "#fbdcc8"),
            ("#cdb6d2", "#9384b8", "#5a4f8c", "#2b2750"),
            "#fff0e0",
            "#f0cfd4",
            "#ffe0d8",
            "#7a74b4",
        ),
        Script(
            ("#9cc3cf", "#d7dccb", "#f6dcb8", "#fbe9cf"),
            ("#c3cfc0", "#86a89a", "#4a7670", "#1c4043"),
            "#fff6dc",
            "#f2e4cc",
            "#fff0d4",
            "#6f97a0",
        ),
    ),
    "morning": (
        Script(
            ("#7fb2e0", "#b3d3ec", "#e2ecec", "#fbf1dc"),
            ("#bcd2d6", "#86b09f", "#4b8268", "#1f4a3c"),
            "#fffbe8",
            "#eaf0ea",
            "#fff6e2",
            "#86a6c4",
        ),
        Script(
            ("#8cc0d6", "#bfe0de", "#eaf1dd", "#fdf0d0"),
            ("#c8d8b8", "#93b685", "#578a5c", "#275440"),
            "#fffbe8",
            "#eef2dc",
            "#fff5da",
            "#84aab0",
        ),
    ),
    "day": (
        Script(
            ("#4a8fd4", "#83b9ea", "#bbdcf2", "#ebf4ee"),
            ("#b0cfdb", "#7cb09b", "#42825b", "#1c4c38"),
            "#fffdf0",
            "#dfecf2",
            "#fffaf0",
            "#7f9fc6",
        ),
        Script(
            ("#57a0c8", "#9acad6", "#d5e6d9", "#f6efd8"),
            ("#bfd1c0", "#8ab07f", "#52854f", "#224c35"),
            "#fffbe6",
            "#e6eede",
            "#fff8e8",
            "#7ea2b0",
        ),
        Script(
            ("#3f7fc8", "#77a9e0", "#b9d3ee", "#f7e8d4"),
            ("#a9bfdf", "#7593bf", "#40699b", "#1c3a66"),
            "#fffaf0",
            "#e2e8f0",
            "#fff8ee",
            "#7b96c8",
        ),
    ),
    "golden": (
        Script(
            ("#7d8fc0", "#d9b99a", "#f4c882", "#fde3a8"),
            ("#e3bd96", "#b98a63", "#7d5a4a", "#3b2c38"),
            "#fff4cf",
            "#f6d8a6",
            "#ffdca0",
            "#7c78a4",
        ),
        Script(
            ("#8ab0b8", "#dcd0a0", "#f6d080", "#fff0bf"),
            ("#d9c590", "#a39b5c", "#5e7041", "#28402f"),
            "#fff7d6",
            "#f4e0aa",
            "#ffe2a0",
            "#71899a",
        ),
    ),
    "sunset": (
        Script(
            ("#3d3a78", "#8f4f8f", "#e8766c", "#fdc27a"),
            ("#c4768c", "#87497c", "#4c2f62", "#201a3c"),
            "#ffe9b8",
            "#f2a084",
            "#ffc290",
            "#5f5296",
        ),
        Script(
            ("#2d4a86", "#8f7fb0", "#f09a7c", "#ffd9a0"),
            ("#b0809a", "#6f5586", "#3d3a68", "#191d3c"),
            "#fff0c8",
            "#f0b49a",
            "#ffcb9c",
            "#56619c",
        ),
        Script(
            ("#57295f", "#b54a68", "#f37f58", "#ffcf7c"),
            ("#b85f62", "#7e3a58", "#4c2450", "#221334"),
            "#ffe6a8",
            "#f39a72",
            "#ffbe84",
            "#6a4486",
        ),
    ),
    "dusk": (
        Script(
            ("#1d2358", "#47478a", "#9a74a6", "#eba994"),
            ("#75699c", "#4a4a80", "#2a3162", "#12183a"),
            "#fdf0da",
            "#a98cae",
            "#d0b0c8",
            "#4d5592",
        ),
        Script(
            ("#12304a", "#2c5f78", "#7f9f9f", "#f0d0a0"),
            ("#5d858c", "#366170", "#1d4254", "#0c2233"),
            "#fff2d0",
            "#90a8a4",
            "#d4cbb4",
            "#3f6a86",
        ),
    ),
    "night": (
        Script(
            ("#0d153c", "#1e2e68", "#3c4f92", "#7b78ad"),
            ("#5f6dae", "#3d4d90", "#253467", "#101938"),
            "#fdf6df",
            "#6a74b0",
            "#a9b6ec",
            "#39468a",
        ),
        Script(
            ("#08202e", "#11384a", "#25596c", "#62929a"),
            ("#43727f", "#285666", "#163a4a", "#0a1f2b"),
            "#fbf3da",
            "#4f8290",
            "#9cc8cc",
            "#27566a",
        ),
        Script(
            ("#17113a", "#31245c", "#5c4080", "#a37cab"),
            ("#76609c", "#4c3c7a", "#2c2454", "#15112e"),
            "#fff0dc",
            "#7f659c",
            "#c0a8e0",
            "#463a80",
        ),
    ),
}

# Leaves and grass by season: light to dark, and what is in flower.
FOLIAGE: dict[str, tuple[str, str, str, str]] = {
    "spring": ("#cfe08e", "#93bf66", "#558f56", "#2c5a48"),
    "summer": ("#a9c66c", "#6a9c50", "#3a7146", "#1c4736"),
    "autumn": ("#f0c060", "#dc8a3c", "#b2512f", "#62302c"),
    "winter": ("#dbe6ec", "#a3b9c4", "#66828f", "#33505e"),
}
FLOWERS: dict[str, tuple[str, ...]] = {
    "spring": ("#f7b6c8", "#fff4f0", "#f6d860", "#c9a0e0"),
    "summer": ("#ee5a4a", "#f8d24a", "#fdfaf0", "#8f7ae0", "#f08ab0"),
    "autumn": ("#e8843a", "#f2c052", "#b8433a", "#8a4a7a"),
    "winter": ("#ffffff", "#e6eef6", "#c8d8ea", "#d84a4a"),
}
