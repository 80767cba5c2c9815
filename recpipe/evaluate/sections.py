"""A report in sections, written as markdown or as one page of HTML that needs nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from recpipe.evaluate.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Block = str | list[str] | Table
"""A paragraph, a list of points, or a table."""

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
.wide {{ overflow-x: auto }}
</style></head><body>
"""


def as_markdown(title: str, lead: str, sections: Sections) -> str:
    """Return the report as markdown."""
    parts = [f"# {title}", lead]
    for name, blocks in sections.items():
        if told := [_markdown(block) for block in blocks if block]:
            parts += [f"## {name}", *told]
    return "\n\n".join(parts) + "\n"


def as_html(title: str, lead: str, sections: Sections, plots: "Mapping[str, Mapping[str, Figure]]") -> str:
    """Return the report as a page; `plots` stand behind the blocks of the section of that title."""
    parts = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>", _html(lead)]
    for name, blocks in sections.items():
        figures = plots.get(name, {})
        if told := [_html(block) for block in blocks if block]:
            parts += [f"<h2>{escape(name)}</h2>", *told]
            parts += [_figure(caption, figure) for caption, figure in figures.items()]
    return "\n".join([*parts, "</body></html>\n"])


def _markdown(block: Block) -> str:
    if isinstance(block, Table):
        return block.markdown()
    return block if isinstance(block, str) else "\n".join(f"- {line}" for line in block)


def _html(block: Block) -> str:
    if isinstance(block, Table):
        return f'<div class="wide">{block.html()}</div>'
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in block)}</ul>"


def _figure(caption: str, figure: "Figure") -> str:
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)
    data = b64encode(drawn.getvalue()).decode("ascii")
    told = escape(caption)
    image = f'<img alt="{told}" src="data:image/png;base64,{data}">'
    return f"<figure><figcaption>{told}</figcaption>{image}</figure>"
