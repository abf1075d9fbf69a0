"""Bowerbird: an open social network for people who make pictures with AI together."""

__version__ = "0.1.0"
