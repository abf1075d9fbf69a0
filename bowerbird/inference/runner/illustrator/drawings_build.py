"""Set-up: read the drawing packages, name what they draw, and write the index that `drawings.py` reads."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bowerbird.core.assets import assets_dir, built_dir
from bowerbird.inference.runner.illustrator import languages, names
from bowerbird.inference.runner.illustrator.drawings import Concept, IndexFile

VERSION = 1
OWN = Path(__file__).with_name("drawn")
PACKAGES = {
    "noto": ("@iconify-json/noto", "Apache-2.0", "Google Inc, Noto Emoji"),
    "fluent": ("@iconify-json/fluent-emoji-flat", "MIT", "Microsoft Corporation, Fluent Emoji"),
    "twemoji": ("@iconify-json/twemoji", "CC-BY-4.0", "Twitter, Inc and other contributors, Twemoji"),
}
LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "ru", "ja", "zh")
SYNONYM_MIN = 0.5  # a tag is a synonym where MiniLM agrees: "bunny" for rabbit, not "cancer" for crab
BATCH = 256
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {0:g} {0:g}">'


def build() -> None:
    """Write drawings.json, drawings.npy and drawings.svgs into the built folder. Takes about half a minute."""
    from bowerbird.inference.runner.embedder import Embedder

    folder = built_dir()
    folder.mkdir(parents=True, exist_ok=True)
    _say("drawings: reading the packages")
    concepts, entries = _collect(folder / "drawings.svgs")
    embed = Embedder.load().embed
    words = _words(concepts, entries, embed)
    by_code = {
        entry["hexcode"]: words.get(concept.name.removesuffix(" face"), at)
        for at, (entry, concept) in enumerate(zip(entries, concepts, strict=True))
        if entry
    }
    texts, rows = _rows(concepts)
    vectors = np.concatenate([_embedded(embed, texts[at : at + BATCH], at, len(texts)) for at in range(0, len(texts), BATCH)])
    np.save(folder / "drawings.npy", vectors.astype(np.float16))
    sets = {**PACKAGES, "bower": ("bowerbird", "AGPL-3.0-or-later", "The Bowerbird authors")}
    foreign = {language: _foreign(by_code, language) | _everyday(words, language) for language in LANGUAGES}
    by_name = {one.name: at for at, one in enumerate(concepts)}
    stand_ins = {thing: by_name[name] for thing, name in names.stand_ins().items() if name in by_name and thing not in words}
    file = IndexFile(VERSION, sets, concepts, words, rows, stand_ins, foreign)
    (folder / "drawings.json").write_bytes(msgspec.json.encode(file))
    count = sum(len(one.spans) for one in concepts)
    named = len(words) + sum(len(table) for table in foreign.values())
    _say(f"drawings: {count} drawings of {len(concepts)} things, {named} names in {len(LANGUAGES) + 1} languages")


def _collect(bodies: Path) -> tuple[list[Concept], list[dict[str, Any]]]:
    """Every allowed thing with where its SVGs lie, and beside it the raw entry its names come from."""
    modules = assets_dir() / "node_modules"
    entries = [one for one in _json(modules / "emojibase-data/en/data.json") if names.allowed(one)]
    labels = {one["label"] for one in entries}
    kits = {kit: _kit(modules / package[0]) for kit, package in PACKAGES.items()}
    concepts: list[Concept] = []
    kept: list[dict[str, Any]] = []
    taken: set[str] = set()
    with bodies.open("wb") as out:
        for name, keywords, group, document in _own():
            taken.add(name)
            concepts.append(Concept(name, keywords, group, {"bower": _write(out, document)}))
            kept.append({})
        for one in entries:
            name = names.short(one["label"], labels)
            spans = {kit: _write(out, drawn) for kit, (svgs, chars) in kits.items() if (drawn := _drawn(svgs, chars, one))}
            if name in taken and spans:  # our own whole fox outranks the packages' fox face
                name = f"{name} face"
            if not spans or name in taken:
                continue
            taken.add(name)
            concepts.append(Concept(name, [str(tag).lower() for tag in one.get("tags", [])][:16], names.group(one), spans))
            kept.append(one)
    return concepts, kept


def _own() -> list[tuple[str, list[str], str, str]]:
    """Our own drawings: (name, keywords, group, SVG) by `drawn/drawn.toml`."""
    table = tomllib.loads((OWN / "drawn.toml").read_text())
    return [(name, row["also"], row["group"], (OWN / f"{name.replace(' ', '-')}.svg").read_text()) for name, row in table.items()]


def _kit(package: Path) -> tuple[dict[str, Any], dict[str, str]]:
    chars = {_key(code): name for code, name in _json(package / "chars.json").items()}
    return _json(package / "icons.json"), chars


def _drawn(svgs: dict[str, Any], chars: dict[str, str], entry: dict[str, Any]) -> str | None:
    name = chars.get(_key(entry["hexcode"]), "")
    name = svgs.get("aliases", {}).get(name, {}).get("parent", name)
    icon = svgs["icons"].get(name)
    if icon is None:
        return None
    width, height = (icon.get(side, svgs.get(side, 16)) for side in ("width", "height"))
    return HEAD.format(width) + icon["body"] + "</svg>" if width == height else None


def _words(concepts: list[Concept], entries: list[dict[str, Any]], embed: Any) -> dict[str, int]:
    """Lower-case names to concepts; names outrank our synonyms, those the tags, those other languages' labels."""
    words: dict[str, int] = {}
    by_name = {one.name.lower(): at for at, one in enumerate(concepts)}
    words.update(by_name)
    for word, name in names.SYNONYMS.items():
        if name in by_name:
            words.setdefault(word, by_name[name])
    own = [at for at, one in enumerate(concepts) if "bower" in one.spans]
    for at in own:
        for word in concepts[at].keywords:
            words.setdefault(word, at)
    for at, entry in enumerate(entries):
        if entry:
            words.setdefault(entry["label"].lower(), at)
            words[entry["emoji"].replace("\ufe0f", "")] = at
    _tags(words, concepts, embed)
    return words


def _tags(words: dict[str, int], concepts: list[Concept], embed: Any) -> None:
    pairs = [(tag, at) for at, one in enumerate(concepts) for tag in one.keywords if tag not in words and _names(tag, one.name)]
    vocabulary = sorted({tag for tag, _ in pairs})
    vectors = {
        tag: vector
        for start in range(0, len(vocabulary), BATCH)
        for tag, vector in zip(
            vocabulary[start : start + BATCH],
            _embedded(embed, vocabulary[start : start + BATCH], start, len(vocabulary)),
            strict=True,
        )
    }
    named = embed([one.name for one in concepts])
    best: dict[str, tuple[float, int]] = {}
    for tag, at in pairs:
        score = float(vectors[tag] @ named[at])
        if score >= SYNONYM_MIN and score > best.get(tag, (0.0, 0))[0]:
            best[tag] = (score, at)
    for tag, (_, at) in best.items():
        words.setdefault(tag, at)


def _names(tag: str, name: str) -> bool:
    """Whether a tag may be a name: a noun, and not a part of the name other than its last word ("low" of "low battery")."""
    parts = name.lower().replace("-", " ").split()
    return len(tag) > 2 and tag not in names.NOT_NAMES and not tag.endswith("ing") and tag not in parts[:-1]


def _foreign(by_code: dict[str, int], language: str) -> dict[str, int]:
    """A language's own labels, also without "face of": the part of the label that is itself a tag is the plain noun."""
    words: dict[str, int] = {}
    data = _json(assets_dir() / f"node_modules/emojibase-data/{language}/data.json")
    known = [(by_code[one["hexcode"]], one["label"].lower(), one.get("tags", [])) for one in data if one["hexcode"] in by_code]
    for at, label, _ in known:
        words.setdefault(label, at)
    length_min = 1 if language in ("ja", "zh") else 3
    for at, label, tags in known:
        for tag in (str(tag).lower() for tag in tags):
            inside = tag in label if length_min == 1 else tag in label.split()
            if len(tag) >= length_min and inside and tag not in names.STOP_TAGS:
                words.setdefault(tag, at)
    for at, _, tags in known if language in ("ja", "zh") else []:
        for tag in (str(tag).lower() for tag in tags):
            if tag not in names.STOP_TAGS and len(tag) <= 2:
                words.setdefault(tag, at)
    return words


def _everyday(words: dict[str, int], language: str) -> dict[str, int]:
    return {word: words[name] for word, name in languages.nouns(language).items() if name in words}


def _rows(concepts: list[Concept]) -> tuple[list[str], list[int]]:
    """Two texts a concept, its name and its name among its keywords; people's faces and symbols never stand in."""
    texts: list[str] = []
    rows: list[int] = []
    for at, one in enumerate(concepts):
        if one.group == "symbol":
            continue
        for text in (one.name, ", ".join([one.name, *one.keywords[:4]])):
            texts.append(text)
            rows.append(at)
    return texts, rows


def _embedded(embed: Any, texts: list[str], done: int, total: int) -> Any:
    _say(f"drawings: reading names, {done * 100 // max(total, 1)} %", transient=True)
    return embed(texts)


def _write(out: Any, document: str) -> tuple[int, int]:
    data = document.encode()
    start = out.tell()
    out.write(data)
    return start, len(data)


def _key(code: str) -> str:
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def _json(path: Path) -> Any:
    return msgspec.json.decode(path.read_bytes())


def _say(text: str, *, transient: bool = False) -> None:
    if not transient or sys.stderr.isatty():
        print(text, end="\r" if transient else "\n", file=sys.stderr, flush=True)
