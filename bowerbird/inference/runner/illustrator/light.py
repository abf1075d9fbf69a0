"""The light of a scene: from time, weather, season, mood and palette to the colours every world and subject shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .colour import Colour, Field, hexed, mix, ramp, to_lab, towards, tuned
from .scene import Scene, Subject
from .scripts import FLOWERS, FOLIAGE, SCRIPTS

_SKIES = frozenset(("hills", "mountains", "dunes", "canyon", "sea", "lake", "snow", "meadow", "garden", "city", "street", "sky"))
_DISCS = frozenset(
    (
        "full moon",
        "crescent moon",
        "first quarter moon",
        "last quarter moon",
        "waxing crescent moon",
        "waning crescent moon",
        "sun",
        "moon",
        "new moon",
    )
)
_NIGHT = {"night": 1.0, "dusk": 0.6, "dawn": 0.15, "sunset": 0.2}
_DUSKY = {"dawn": 0.34, "golden": 0.16, "sunset": 0.62, "dusk": 0.64, "night": 0.62}  # how far leaves take on the land's hue
_HEIGHT = {"dawn": 0.62, "morning": 0.42, "day": 0.2, "golden": 0.6, "sunset": 0.76, "dusk": 0.5, "night": 0.3}
# lightness, chroma, hue (radians), contrast
_MOODS = {
    "calm": (0.01, 0.92, 0.0, 0.97), "joyful": (0.015, 1.14, 0.0, 1.0), "melancholy": (-0.02, 0.70, -0.08, 0.96),
    "mysterious": (-0.045, 0.92, -0.06, 1.04), "dramatic": (-0.02, 1.10, 0.0, 1.14), "dreamy": (0.035, 0.95, -0.10, 0.90),
    "cosy": (0.0, 1.06, 0.06, 1.0), "eerie": (-0.05, 0.82, 0.14, 1.05), "neutral": (0.0, 1.0, 0.0, 1.0),
}  # fmt: skip
_WEATHERS = {
    "clear": (0.0, 1.0, 0.0, 1.0), "cloudy": (0.0, 0.82, 0.0, 0.96), "fog": (0.03, 0.66, 0.0, 0.82), "rain": (-0.04, 0.66, 0.0, 0.96),
    "storm": (-0.15, 0.66, -0.05, 1.08), "snow": (0.03, 0.68, 0.0, 0.93), "wind": (0.0, 0.96, 0.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Light:
    """Colours (3,) of one picture's light. `land` runs far to near, `leaves` light to dark, `sky` zenith to horizon."""

    sky: tuple[Colour, ...]
    land: tuple[Colour, ...]
    leaves: tuple[Colour, ...]
    flowers: tuple[Colour, ...]
    sun: Colour
    haze: Colour
    key: Colour
    ambient: Colour
    accent: Colour
    x: float = 0.5  # the disc's place across, 0..1
    height: float = 0.4  # the disc's place between the zenith (0) and the horizon (1)
    night: float = 0.0
    disc: float = 1.0  # how clearly the disc is seen
    stars: float = 0.0
    clouds: float = 0.3
    fog: float = 0.15
    moon: bool = False
    crescent: bool = False
    size: float = 1.0  # of the disc
    palette: tuple[Colour, ...] = ()

    def ground(self, t: Field | float) -> Field:
        """The land's colour at nearness t (0 far .. 1 near), scalar or field."""
        return ramp(np.asarray(t, np.float32), self.land)

    def leaf(self, t: Field | float) -> Field:
        """Leaves and grass from light (0) to dark (1), already under this light."""
        return ramp(np.asarray(t, np.float32), self.leaves)

    def heaven(self, t: Field | float) -> Field:
        """The sky from zenith (0) to horizon (1)."""
        return ramp(np.asarray(t, np.float32), self.sky)

    def lit(self, colour: Colour, depth: float = 0.0, exposure: float = 1.0) -> Colour:
        """A thing's own colour as this light shows it at a distance (0 near .. 1 far)."""
        shown = colour * (self.key * (1 - 0.5 * self.night) + 0.35 * self.night * self.ambient) * exposure
        shown = mix(np.clip(shown, 0, 1), self.ambient, 0.10 + 0.24 * self.night)
        return mix(shown, self.haze, min(0.92, depth * (0.55 + 0.6 * self.fog)))

    def veil(self, colour: Colour, depth: float) -> Colour:
        """A colour seen through the air at a distance (0 near .. 1 far)."""
        return mix(colour, self.haze, min(0.95, depth * (0.5 + 0.7 * self.fog)))


def _graded(colours: Sequence[str], *grades: tuple[float, float, float, float]) -> tuple[Colour, ...]:
    out = [hexed(c) for c in colours]
    for light, chroma, hue, contrast in grades:
        out = [tuned(c, light, chroma, hue, contrast) for c in out]
    return tuple(out)


def light_of(scene: Scene, seed: int) -> Light:
    """The light of a scene. The seed picks among the colour scripts that fit its time; the palette turns them."""
    rng = np.random.default_rng((seed & 0xFFFFFFFF, 77))
    scripts = SCRIPTS.get(scene.time, SCRIPTS["day"])
    script = scripts[(int(rng.integers(0, 97)) + scene.variant) % len(scripts)]
    grades = (_MOODS.get(scene.mood, _MOODS["neutral"]), _WEATHERS.get(scene.weather, _WEATHERS["clear"]))
    night = _NIGHT.get(scene.time, 0.0)
    palette = tuple(hexed(c) for c in scene.palette)
    pull = (0.85 if "palette" in scene.said else 0.5) if palette else 0.0

    def turned(colours: Sequence[str], share: float = 1.0) -> tuple[Colour, ...]:
        return tuple(towards(c, palette, pull * share) for c in _graded(colours, *grades))

    sun, haze, key, ambient = turned((script.sun, script.haze, script.key, script.ambient), 0.6)
    land = turned(script.land)
    leaves = tuple(
        _under(tuned(c * (key * (1 - 0.35 * night)), -0.10 * night), land, land[min(3, i + 1)], _DUSKY.get(scene.time, 0.14))
        for i, c in enumerate(turned(FOLIAGE[scene.season], 0.7))
    )
    season = {"winter": 0.34, "autumn": 0.30, "spring": 0.16, "summer": 0.08}[scene.season]
    land = tuple(
        mix(c, leaves[min(3, i + (1 if scene.season == "winter" else 0))], season * (0.3 + 0.25 * i)) for i, c in enumerate(land)
    )
    covered = {"clear": 0.25, "cloudy": 0.85, "fog": 0.3, "rain": 0.9, "storm": 1.0, "snow": 0.8, "wind": 0.5}[scene.weather]
    fog = {"fog": 0.85, "rain": 0.4, "snow": 0.4, "storm": 0.3, "cloudy": 0.2}.get(scene.weather, 0.12)
    if scene.mood in ("mysterious", "dreamy", "eerie"):
        fog = min(1.0, fog + 0.2)
    flowers = tuple(mix(tuned(c * key, -0.08 * night), land[1], 0.10 + 0.45 * night) for c in turned(FLOWERS[scene.season], 0.5))
    made = Light(
        turned(script.sky), land, leaves, flowers, sun, haze, key, ambient, _accent(land[2], palette, rng),
        x=float(np.clip(0.12 + 0.76 * scene.light + rng.normal(0, 0.03), 0.08, 0.92)),
        height=float(np.clip(_HEIGHT.get(scene.time, 0.3) + rng.normal(0, 0.05), 0.1, 0.95)),
        night=night, disc=1 - 0.92 * max(0.0, covered - 0.25) / 0.75, stars=max(0.0, night - 0.3) * (1 - 0.8 * max(0.0, covered - 0.3)),
        clouds=covered, fog=fog, moon=scene.time in ("night", "dusk"), palette=palette,
    )  # fmt: skip
    made = replace(made, key=mix(made.key, hexed("#ffffff"), 0.25))
    asked = celestial(scene)
    if asked is not None:
        made = _with_disc(made, asked)
    return made


def _under(leaf: Colour, land: Sequence[Colour], near: Colour, share: float) -> Colour:
    """A leaf's colour in a coloured light: its hue goes over to the land's while its lightness stays. Mixing alone would make mud."""
    return mix(towards(leaf, land, share), near, 0.35 * share)


def celestial(scene: Scene) -> Subject | None:
    """The sun or moon among the subjects where the world's own sky shows one: it is painted as light, not as a thing."""
    if scene.world not in _SKIES:
        return None
    for one in scene.subjects:
        name = one.drawing.partition(":")[2]
        if name in _DISCS and one.count == 1 and one.place not in ("holding", "inside", "on", "under", "around"):
            return one
    return None


def _with_disc(light: Light, asked: Subject) -> Light:
    name = asked.drawing.partition(":")[2]
    moon = "moon" in name or "quarter" in name
    size = {"tiny": 0.6, "small": 0.85, "medium": 1.5, "large": 2.1, "huge": 3.0}.get(asked.size, 1.4)
    sun = mix(light.sun, hexed(asked.colour), 0.8) if asked.colour else light.sun
    x = {"left": 0.24, "right": 0.76, "centre": 0.5 + (light.x - 0.5) * 0.6, "left_of": 0.26, "right_of": 0.74}.get(
        asked.place, light.x
    )
    return replace(
        light,
        moon=moon,
        crescent="crescent" in name or "quarter" in name,
        size=size,
        sun=sun,
        x=x,
        disc=max(0.75, light.disc),
        height=min(light.height, 0.46),
    )


def _accent(against: Colour, palette: Sequence[Colour], rng: np.random.Generator) -> Colour:
    """The one colour that may stand out: the palette's strongest, or the land's complement."""
    if palette:
        return max(palette, key=lambda c: float(np.hypot(*to_lab(c)[1:])))
    return tuned(against, 0.28, 2.2, np.pi + float(rng.normal(0, 0.25)))
