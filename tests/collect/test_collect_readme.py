"""The source that README shows is one."""

import re
import sys
from pathlib import Path
from types import ModuleType

from recpipe import collect
from recpipe.collect import CollectParams
from recpipe.collect.params import SOURCES
from tests.collect.shops import collected, refused, rows, write

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_source_shown_there_is_short_and_reads(workspace, tmp_path, monkeypatch):
    row, code = re.search(r'(?s)`("likes": "[a-z]+:\w+")`.*?```python\n(.*?)```', README).groups()
    assert len([line for line in code.splitlines() if line]) <= 20
    module = ModuleType("recpipe.collect.sources.likes")
    exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(SOURCES, *row.replace('"', "").split(": "))
    write(tmp_path, "anna.txt", "tea\njam\n")
    write(tmp_path, "ben.txt", "tea\n\n")
    params = CollectParams(events=str(tmp_path)).model_copy(update={"source": "likes"})
    assert collect.preflight(params)[0]["table"] == "events"
    assert collected(workspace, params).kept == 3
    assert rows(workspace, "SELECT user_id, item_id FROM events ORDER BY ALL") == [
        ("anna", "jam"),
        ("anna", "tea"),
        ("ben", "tea"),
    ]
    assert refused(workspace) == [(2, "no item_id")]
