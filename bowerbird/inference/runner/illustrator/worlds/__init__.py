"""The worlds a scene can stand in: one file each, all answering the same few questions."""

from .base import Step, World
from .build import world_of

__all__ = ["Step", "World", "world_of"]
