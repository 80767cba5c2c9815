"""A report in sections, written as markdown or as one page of HTML that needs nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from recpipe.core.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Link:
    """Words that lead to `address`; plain words where it is empty."""

    text: str
    address: str


@dataclass(frozen=True)
class Picture:
    """A plot as PNG; `caption` stands above it, and is read where it cannot be seen."""

    caption: str
    png: bytes

    @classmethod
    def of(cls, caption: str, figure: "Figure") -> "Picture":
        """Draw a matplotlib figure."""
        drawn = BytesIO()
        figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
        return cls(caption, drawn.getvalue())

    @property
    def address(self) -> str:
        """The picture itself as a data URI."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


@dataclass(frozen=True)
class Verbatim:
    """Lines of code or of an error, told as they are."""

    text: str


Block = str | list[str | Link] | list[str] | list[Link] | Table | Picture | Link | Verbatim
"""A paragraph, a list of points, a table, a plot, a link, or code."""

Sections = Mapping[str, Sequence[Block]]
"""Title -> blocks; a section without any is not written."""

DOTS_PER_INCH = 100

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: .8rem 0 }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #ddd }}
td {{ font-variant-numeric: tabular-nums; font-size: 14px }}
img {{ max-width: 100% }} figure {{ margin: 1rem 0 }} figcaption {{ font-weight: 600 }}
.wide, pre {{ overflow-x: auto }} pre {{ background: #f6f6f6; padding: .6rem }}
</style></head><body>
"""


def as_markdown(title: str, lead: str, sections: Sections) -> str:
    """Return the report as markdown."""
    parts = [f"# {title}", lead]
    for name, blocks in sections.items():
        if told := [_markdown(block) for block in blocks if block]:
            parts += [f"## {name}", *told]
    return "\n\n".join(parts) + "\n"


def as_html(title: str, lead: str, sections: Sections) -> str:
    """Return the report as a page."""
    parts = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>", _html(lead)]
    for name, blocks in sections.items():
        if told := [_html(block) for block in blocks if block]:
            parts += [f"<h2>{escape(name)}</h2>", *told]
    return "\n".join([*parts, "</body></html>\n"])


def _markdown(block: Block) -> str:
    match block:
        case Table():
            return block.markdown()
        case Picture():
            return f"**{block.caption}**\n\n![{block.caption}]({block.address})"
        case Link():
            return f"[{block.text}]({block.address})" if block.address else block.text
        case Verbatim():
            return f"```\n{block.text.replace('```', chr(96) * 2)}\n```"
        case str():
            return block
    return "\n".join(f"- {_markdown(point)}" for point in block)


def _html(block: Block) -> str:
    match block:
        case Table():
            return f'<div class="wide">{block.html()}</div>'
        case Picture():
            told = escape(block.caption)
            image = f'<img alt="{told}" src="{block.address}">'
            return f"<figure><figcaption>{told}</figcaption>{image}</figure>"
        case Link() | str():
            return f"<p>{_inline(block)}</p>"
        case Verbatim():
            return f"<pre>{escape(block.text)}</pre>"
    return f"<ul>{''.join(f'<li>{_inline(point)}</li>' for point in block)}</ul>"


def _inline(words: str | Link) -> str:
    if isinstance(words, Link) and words.address:
        return f'<a href="{escape(words.address)}">{escape(words.text)}</a>'
    return escape(words.text if isinstance(words, Link) else words)


def with_links(sections: Sections, address_of: Callable[[str], str]) -> dict[str, list[Block]]:
    """Return the sections with each link's address replaced by `address_of` it.

    Where that is empty, the words tell the address that was replaced.
    """

    def replaced(block: Block | str | Link) -> Any:
        if isinstance(block, Link):
            address = address_of(block.address)
            return Link(block.text if address else f"{block.text}: {block.address}", address)
        return [replaced(point) for point in block] if isinstance(block, list) else block

    return {name: [replaced(block) for block in blocks] for name, blocks in sections.items()}
