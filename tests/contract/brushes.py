"""A tiny model that can paint a part of a picture anew, added to a running house for a while."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import House, Member
from tests.contract.test_engines import models, offered
from tests.unit import tiny
from tests.unit.hub_double import Hub, hub

BRUSH = "brush"


@contextmanager
def brush(house: House, folder: Path) -> Generator[str]:
    """Its tier."""
    pipe = tiny.pipeline(folder)
    files = {str(path.relative_to(pipe)): path.read_bytes() for path in pipe.rglob("*") if path.is_file()}
    with hub(Hub({"atelier/Brush": files})) as one:
        models(house, one, "add", "atelier/Brush", "--accept-licence", "--steps", "3", "--guidance", "3")
        yield BRUSH
        models(house, one, "remove", BRUSH)


def there(member: Member) -> None:
    """Until the house offers it."""
    offered(member, {BRUSH})
