"""The results of checks as one page of HTML that needs nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Checks</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ddd }
td td, td th { font: 13px/1.4 ui-monospace, monospace }
.critical { color: #a40000; font-weight: 600 } .warning { color: #8a5a00; font-weight: 600 }
.why { color: #555 }
</style></head><body>
"""


def page(results: Sequence[Mapping[str, Any]]) -> str:
    """Return a page with a table for each suite, failures first; `results` are as in checks.json."""
    failed = [result for result in results if not result.get("success")]
    suites = list(dict.fromkeys(str(result["suite"]) for result in results))
    head = f"<h1>Checks</h1><p>{len(results)} expectations, {len(failed)} failed.</p>"
    return _HEAD + head + "".join(_suite(name, results) for name in suites) + "</body></html>\n"


def _suite(name: str, results: Sequence[Mapping[str, Any]]) -> str:
    own = sorted((r for r in results if r["suite"] == name), key=lambda r: bool(r.get("success")))
    return f"<h2>{escape(name)}</h2><table>{''.join(map(_row, own))}</table>"


def _row(result: Mapping[str, Any]) -> str:
    success, severity = result.get("success"), str(result.get("severity", ""))
    state = "passed" if success else f'<span class="{escape(severity)}">{escape(severity)}</span>'
    told = [str(result.get(name, "")) for name in ("expectation", "column", "observed", "why")]
    expectation, column, observed, why = map(escape, told)
    subject = f"{expectation}<br><small>{column}</small>" if column else expectation
    rows = _offending(result.get("rows", ()))
    return f'<tr><td>{state}</td><td>{subject}</td><td>{observed}{rows}<div class="why">{why}</div></td></tr>'


def _offending(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row.values())}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
