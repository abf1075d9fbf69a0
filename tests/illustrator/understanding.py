"""Judging a Scene against a written case."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bowerbird.inference.runner.illustrator.scene import Scene, Subject

SHORT = {"n": "noun", "c": "count", "col": "colour_word"}


def cases(name: str = "cases.toml") -> list[dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name(name).read_text())["case"]


def faults(scene: Scene, case: dict[str, Any]) -> list[str]:
    """What the scene gets wrong of a case, in words; empty where it is right."""
    out: list[str] = []
    for name in ("world", "time", "weather", "season", "mood", "medium", "composition"):
        if name in case and getattr(scene, name) not in ([case[name]] if isinstance(case[name], str) else case[name]):
            out.append(f"{name} is {getattr(scene, name)}, not {case[name]}")
        if case.get(f"{name}_not") == getattr(scene, name):
            out.append(f"{name} is {getattr(scene, name)}")
    if "palette" in case and "palette" not in scene.said:
        out.append("the palette was not heard")
    if "only" in case and len(scene.subjects) != case["only"]:
        out.append(f"{[one.noun for one in scene.subjects]} drawn, not {case['only']}")
    out += [f"{word} is drawn" for word in case.get("no", []) for one in scene.subjects if word in (one.noun, one.drawn_as)]
    for wanted in case.get("s", []):
        found = [one for one in scene.subjects if _named(one, wanted["n"])]
        if not found:
            out.append(f"no {wanted['n']} in {[one.noun for one in scene.subjects]}")
        elif all(reasons := [_subject(one, wanted, scene) for one in found]):
            out += reasons[0]
    return out


def _named(one: Subject, noun: str) -> bool:
    return any(noun in text.lower() for text in (one.noun, one.drawn_as))


def _subject(one: Subject, wanted: dict[str, Any], scene: Scene) -> list[str]:
    out: list[str] = []
    count = wanted.get("c")
    if (isinstance(count, list) and not count[0] <= one.count <= count[1]) or (isinstance(count, int) and one.count != count):
        out.append(f"{one.count} {one.noun}, not {count}")
    if "col" in wanted and wanted["col"] not in (one.colour_word or ""):
        out.append(f"{one.noun} is {one.colour_word}, not {wanted['col']}")
    for name in ("size", "pose", "exact"):
        if name in wanted and getattr(one, name) != wanted[name]:
            out.append(f"{name} of {one.noun} is {getattr(one, name)}, not {wanted[name]}")
    if "place" in wanted and one.place not in ([wanted["place"]] if isinstance(wanted["place"], str) else wanted["place"]):
        out.append(f"{one.noun} is {one.place}, not {wanted['place']}")
    if "of" in wanted and (one.of is None or not _named(scene.subjects[one.of], wanted["of"])):
        out.append(f"{one.noun} is placed by {None if one.of is None else scene.subjects[one.of].noun}, not {wanted['of']}")
    return out
