"""The medium of a picture whose words name none: by weight, so that the loveliest come most, and so that candidates differ."""

from __future__ import annotations

import random
from collections.abc import Collection

from bowerbird.inference.runner.illustrator.scene import Scene

_PAINTED = {"watercolour": 3.0, "gouache": 3.2, "oil": 2.6}
_PRINTED = {"papercut": 2.8, "clean": 2.4, "risograph": 1.6}
_RARE = {"ink": 2.0, "chalk": 2.0, "woodcut": 0.6, "embroidery": 0.5, "pixel": 0.5}
_RARE_SHARE = 0.30  # how often the last candidate may be one of the rarer media
_DENSE = frozenset(("forest", "jungle", "garden", "meadow", "city", "street", "underwater", "rain", "room"))
_ABSTRACT = frozenset(("marbling", "papercut", "weave"))
# What flatters a world more, and what less.
_SUITS: dict[str, dict[str, float]] = {
    "underwater": {"papercut": 1.8, "watercolour": 1.3, "oil": 0.6},
    "space": {"risograph": 2.0, "gouache": 1.4, "watercolour": 0.8},
    "snow": {"ink": 2.5, "gouache": 1.3},
    "mountains": {"ink": 1.6, "risograph": 1.3},
    "lake": {"watercolour": 1.4, "ink": 1.5},
    "city": {"risograph": 1.5, "watercolour": 0.6},
    "street": {"gouache": 1.4, "papercut": 0.5},
    "table": {"oil": 1.4, "gouache": 1.3, "clean": 0.7},
    "aurora": {"chalk": 2.5, "watercolour": 0.8},
    "weave": {"clean": 3.0, "papercut": 0.0, "risograph": 0.3, "oil": 0.3, "watercolour": 0.4},
    "marbling": {"papercut": 0.0, "risograph": 0.5, "clean": 1.6, "oil": 0.6},
    "papercut": {"papercut": 2.5, "oil": 0.0, "risograph": 0.4},
    "plain": {"papercut": 1.3, "oil": 0.6},
}


def medium(scene: Scene, seed: int, variant: int, refused: Collection[str]) -> str:
    """The medium of one of the four candidates: two of one family, two of another, the last one sometimes rarer."""
    things = ",".join(one.noun for one in scene.subjects)  # not the world: candidates of one prompt share their dice
    dice = random.Random(f"{seed}/{things}/medium")
    families = [_ranked(dice, scene, family, refused) for family in (_PAINTED, _PRINTED)]
    if dice.random() < 0.40:
        families.reverse()
    first, second = families
    row = [*first[:1], *second[:1], *first[1:2], *second[1:2]] or ["clean"]
    rare = _ranked(dice, scene, _RARE | ({"neon": 2.5} if _neon(scene) else {}), refused)
    if rare and scene.world not in _ABSTRACT and dice.random() < _RARE_SHARE:
        row[-1] = rare[0]
    return row[variant % len(row)]


def _ranked(dice: random.Random, scene: Scene, family: dict[str, float], refused: Collection[str]) -> list[str]:
    """The family in an order drawn by weight."""
    suits = _SUITS.get(scene.world, {})
    keyed: list[tuple[float, str]] = []
    for name, base in family.items():
        weight = base * suits.get(name, 1.0) * (0.0 if scene.world in _DENSE and name in ("woodcut", "embroidery") else 1.0)
        luck = dice.random()
        if weight > 0 and name not in refused:
            keyed.append((luck ** (1 / weight), name))
    return [name for _, name in sorted(keyed, reverse=True)]


def _neon(scene: Scene) -> bool:
    return scene.world in ("city", "street") and scene.time == "night"
