"""What a picture is made of: one file for each material, all answering the same few questions."""

from .base import Medium
from .build import medium_of

__all__ = ["Medium", "medium_of"]
