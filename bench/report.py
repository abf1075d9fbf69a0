"""Figures as tables: on the terminal and in docs/benchmarks.md."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows under a title; `note` says under which circumstances."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""

    def add(self, *cells: object) -> None:
        """One row; a cell a column."""
        assert len(cells) == len(self.columns), (self.title, cells)
        self.rows.append([str(cell) for cell in cells])

    def text(self) -> str:
        """As Markdown with aligned columns."""
        widths = [max(len(row[n]) for row in [self.columns, *self.rows]) for n in range(len(self.columns))]

        def line(cells: list[str]) -> str:
            return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

        body = [line(self.columns), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, self.rows)]
        return "\n".join([f"\n### {self.title}\n", *body, *(["", self.note] if self.note else [])])
