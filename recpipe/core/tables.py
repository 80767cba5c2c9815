"""Small tables of text, for notebooks, markdown and HTML alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """Cells of text; the first column names the rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def frame(self) -> "pd.DataFrame":
        """Return it for notebooks."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.head)).set_index(self.head[0])

    def records(self) -> list[dict[str, str]]:
        """Return a dictionary a row; a column without a title is called by its place."""
        names = [name or f"column {place}" for place, name in enumerate(self.head, start=1)]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def markdown(self) -> str:
        """Return it as lines of markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in lines)

    def html(self) -> str:
        """Return it as an HTML table."""
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.head)
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self.rows)
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cell(text: str) -> str:
    """Keep a cell on its line and in its column."""
    return " ".join(text.split("\n")).replace("|", "\\|")
