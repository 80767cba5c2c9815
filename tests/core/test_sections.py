from recpipe.core.sections import Link, Picture, Verbatim, as_html, as_markdown, with_links
from recpipe.core.tables import Table

SECTIONS = {
    "Data": ["a < b", ["one", Link("two", "x.html")], Table(("name", ""), [("a|b", "1\n2")])],
    "Nothing": [[], ""],
    "More": [Picture("A plot", b"png"), Link("all", ""), Verbatim("<cell>")],
}


def test_every_kind_of_block_is_written_as_markdown() -> None:
    told = as_markdown("T", "lead", SECTIONS)
    assert told.startswith("# T\n\nlead\n\n## Data\n\na < b\n\n- one\n- [two](x.html)\n\n")
    assert "| a\\|b | 1 2 |" in told
    assert "![A plot](data:image/png;base64,cG5n)\n\nall\n\n```\n<cell>\n```" in told
    assert "Nothing" not in told


def test_every_kind_of_block_is_written_as_html_and_nothing_breaks_out_of_it() -> None:
    told = as_html("T", "lead", SECTIONS)
    assert '<p>a &lt; b</p>\n<ul><li>one</li><li><a href="x.html">two</a></li></ul>' in told
    assert '<img alt="A plot" src="data:image/png;base64,cG5n">' in told
    assert "<p>all</p>\n<pre>&lt;cell&gt;</pre>" in told
    assert "Nothing" not in told


def test_a_link_without_an_address_tells_where_it_would_lead() -> None:
    sections = {"S": [Link("card", "card.md"), [Link("page", "p.html")]]}
    assert with_links(sections, lambda path: "") == {
        "S": [Link("card: card.md", ""), [Link("page: p.html", "")]]
    }
    assert with_links(sections, lambda path: f"at/{path}") == {
        "S": [Link("card", "at/card.md"), [Link("page", "at/p.html")]]
    }


def test_rows_of_a_table_are_records_by_the_titles_of_the_columns() -> None:
    assert Table(("a", ""), [("1", "2")]).records() == [{"a": "1", "column 2": "2"}]
