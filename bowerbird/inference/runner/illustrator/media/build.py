"""From a medium's name to the medium."""

from __future__ import annotations

from .base import Medium
from .chalk import Chalk
from .clean import Clean
from .embroidery import Embroidery
from .gouache import Gouache
from .ink import Ink
from .neon import Neon
from .oil import Oil
from .papercut import Papercut
from .pixel import Pixel
from .risograph import Risograph
from .watercolour import Watercolour
from .woodcut import Woodcut

MEDIA: dict[str, type[Medium]] = {
    "clean": Clean, "watercolour": Watercolour, "gouache": Gouache, "papercut": Papercut, "ink": Ink, "risograph": Risograph,
    "pixel": Pixel, "embroidery": Embroidery, "oil": Oil, "chalk": Chalk, "neon": Neon, "woodcut": Woodcut,
}  # fmt: skip


def medium_of(name: str) -> type[Medium]:
    """The medium of that name; watercolour for one that is not known."""
    return MEDIA.get(name, Watercolour)
