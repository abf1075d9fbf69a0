"""One small picture for each medium, painted at set-up: the swatches people choose a medium by.

`python -m bowerbird.inference.runner.illustrator.samples` writes them to built/static/styles."""

from __future__ import annotations

from PIL import Image

from bowerbird.core.assets import built_dir
from bowerbird.inference.runner.illustrator.paint import paint, picture
from bowerbird.inference.runner.illustrator.scene import MEDIA, Scene

PAINTED_PX, SHOWN_PX = 320, 96
SEED = 7
SCENES = {  # each where it is at its best, so that a swatch of 22 px can be told from its neighbours
    "clean": ("dunes", "golden"), "watercolour": ("lake", "dawn"), "gouache": ("meadow", "day"), "papercut": ("papercut", "sunset"),
    "ink": ("mountains", "day"), "risograph": ("canyon", "sunset"), "pixel": ("sea", "day"), "embroidery": ("garden", "day"),
    "oil": ("sea", "sunset"), "chalk": ("snow", "dusk"), "neon": ("city", "night"), "woodcut": ("hills", "dusk"),
}  # fmt: skip


def main() -> None:
    """Paint them all."""
    folder = built_dir() / "static" / "styles"
    folder.mkdir(parents=True, exist_ok=True)
    for medium in MEDIA:
        world, time = SCENES[medium]
        scene = Scene(world=world, time=time, medium=medium, mood="calm", light=0.7)
        image = Image.fromarray(picture(paint(scene, PAINTED_PX, PAINTED_PX, SEED)))
        middle = image.crop((PAINTED_PX // 6, PAINTED_PX // 6, PAINTED_PX * 5 // 6, PAINTED_PX * 5 // 6))
        middle.resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS).save(folder / f"{medium}.webp", quality=82)


if __name__ == "__main__":
    main()
