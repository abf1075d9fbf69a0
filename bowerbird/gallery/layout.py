"""Where a family stands on paper: which pictures are drawn, which branches are folded to “n more”, and a place for each.

Pure: ids in, places out. One column a leaf, a parent over the middle of its children, so that nothing can lie on anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

NODES_MAX = 160
NEAR_MAX = 6  # children drawn below the picture itself and its near descendants
BESIDE_MAX = 3  # siblings drawn beside each ancestor of it
NEAR_DEPTH = 3  # generations below it that unfold by themselves
OPENED_MORE = 24  # further children each time a branch is opened
ABOVE_MAX = 24  # ancestors drawn; the first one always is


@dataclass(slots=True)
class Node:
    """One picture, or with `more` > 0 the fold that stands for so many below `parent_id`. `x` in columns, `y` in rows, from 0."""

    id: int
    parent_id: int | None
    more: int = 0
    skipped: int = 0  # generations left out between it and the one drawn above it
    x: float = 0.0
    y: int = 0
    children: list[Node] = field(default_factory=list["Node"])


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole: the first picture with everything below it, in reading order, and the size in columns and rows."""

    top: Node
    columns: int
    rows: int

    @property
    def nodes(self) -> list[Node]:
        """Every node, parents before children."""
        found, waiting = list[Node](), [self.top]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting.extend(reversed(node.children))
        return found


def draw(parents: Mapping[int, int | None], here: int, opened: Sequence[int] = ()) -> Drawing:
    """Lay a family out. `parents`: each picture's parent, parents before children; `opened`: branches asked for, again for more of one."""
    below: dict[int, list[int]] = {}
    for id_, parent in parents.items():
        if parent in parents and parent is not None:
            below.setdefault(parent, []).append(id_)
    line = _line(parents, here)
    top, links = _shortened(line)
    sizes = _sizes(parents, below)
    kept = _kept(below, links, line, opened)
    root = Node(top, None)
    made, waiting = {top: root}, [top]
    while waiting:
        id_ = waiting.pop(0)
        hidden = 0
        skipped_to = links.get(id_)
        for child in below.get(id_, []):
            if child in kept:
                made[child] = Node(child, id_)
            elif skipped_to is not None and child in line:
                made[skipped_to] = Node(skipped_to, id_, skipped=line.index(skipped_to) - line.index(id_) - 1)
            else:
                hidden += sizes[child]
                continue
            drawn = child if child in kept else links[id_]
            made[id_].children.append(made[drawn])
            waiting.append(drawn)
        if hidden:
            made[id_].children.append(Node(-id_, id_, more=hidden))
    columns, rows = _place(root)
    return Drawing(root, columns, rows)


def _line(parents: Mapping[int, int | None], here: int) -> list[int]:
    """From the first picture down to `here`."""
    line, at = [here], parents[here]
    while at is not None and at in parents and at not in line:
        line.append(at)
        at = parents[at]
    return line[::-1]


def _shortened(line: list[int]) -> tuple[int, dict[int, int]]:
    """The first picture, and which drawn picture comes next on the way down from each drawn one."""
    drawn = line if len(line) <= ABOVE_MAX else [line[0], *line[-ABOVE_MAX + 1 :]]
    return line[0], dict(pairwise(drawn))


def _sizes(parents: Mapping[int, int | None], below: Mapping[int, list[int]]) -> dict[int, int]:
    """How many pictures each branch has, itself included."""
    sizes = dict.fromkeys(parents, 1)
    for id_ in reversed(list(parents)):
        sizes[id_] += sum(sizes[child] for child in below.get(id_, []))
    return sizes


def _kept(below: Mapping[int, list[int]], links: Mapping[int, int], line: list[int], opened: Sequence[int]) -> set[int]:
    """Which pictures are drawn: the line, what is near, what was opened, never more than NODES_MAX."""
    here, on_line = line[-1], set(line)
    kept = {line[0], here, *links.values()}
    depth, waiting = {here: 0}, [here]
    for id_ in reversed(list(links)):
        waiting.append(id_)
    while waiting and len(kept) < NODES_MAX:
        id_ = waiting.pop(0)
        near = depth.get(id_)
        most = opened.count(id_) * OPENED_MORE
        most += (NEAR_MAX if near < NEAR_DEPTH else 0) if near is not None else BESIDE_MAX if id_ in links else 0
        onward = [child for child in below.get(id_, []) if child not in kept and child not in on_line][
            : min(most, NODES_MAX - len(kept))
        ]
        for child in onward:
            kept.add(child)
            if near is not None:
                depth[child] = near + 1
        waiting.extend(onward)
    return kept


def _place(root: Node) -> tuple[int, int]:
    """Give every node its place; (columns, rows)."""
    columns, rows = 0, 0
    waiting: list[tuple[Node, bool]] = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        rows = max(rows, node.y + 1)
        if not node.children:
            node.x, columns = float(columns), columns + 1
        elif ready:
            node.x = (node.children[0].x + node.children[-1].x) / 2
        else:
            waiting.append((node, True))
            for child in reversed(node.children):
                child.y = node.y + 1
                waiting.append((child, False))
    return columns, rows
