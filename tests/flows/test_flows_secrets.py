"""A planted canary: the value of a variable is told by a notebook in every way, and found nowhere after."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from recpipe.params import PipelineParams
from tests.standins import standins_of, workspace_with_standins

CANARY = 'c4n4ry-"é&/\\-value'
CORE = b"c4n4ry"

TELL = """
import html, json, logging, os, sys
from IPython.display import HTML, display
secret = os.environ["SHOP_PASSWORD"]
print("printed", secret)
print("to stderr", secret, file=sys.stderr)
logging.getLogger("recpipe.shop").warning("logged %s", secret)
os.write(2, f"past the notebook {secret}".encode())
display(HTML(f"<b>{html.escape(secret)}</b>"))
(stage.folder / "notes.json").write_text(json.dumps({"told": secret}))
print(dict(os.environ))
secret
"""
RAISE = "import os\nraise ValueError('no access with ' + os.environ['SHOP_PASSWORD'])"


def test_no_secret_stands_in_anything_that_a_run_leaves(
    tmp_path: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", CANARY)
    from flows.pipeline import recommendation_pipeline

    flow: Any = recommendation_pipeline
    workspace = workspace_with_standins(tmp_path, {"collect": TELL, "features": RAISE})
    params = {"collect": {"database": "postgresql://shop:${SHOP_PASSWORD}@db.example/shop"}}
    places = str(workspace.root), str(standins_of(workspace))
    state = flow(PipelineParams.model_validate(params), *places, return_state=True)
    assert state.is_failed()
    assert state.message.startswith("2_features.ipynb, cell 4: ValueError: no access with ***")

    (run,) = workspace.runs.iterdir()
    assert "printed ***" in (run / "collect" / "1_collect.html").read_text(), "the rest is told"
    assert "logged ***" in (run / "prefect.log").read_text()
    assert "${SHOP_PASSWORD}" in (run / "params.json").read_text()
    told = {path for path in workspace.root.rglob("*") if path.is_file() and CORE in path.read_bytes()}
    assert told == set()
    kept = everything_in(database())
    assert b"printed ***" in kept, "the notebook's lines are in the UI"
    assert CORE not in kept


def database() -> Path:
    """Return Prefect's database."""
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

    return Path(str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).partition("///")[2])


def everything_in(path: Path) -> bytes:
    """Return the bytes of an SQLite database, once what is written beside it has been taken in."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM flow_run").fetchone()[0] > 0, "it is the right one"
        connection.execute("PRAGMA wal_checkpoint(FULL)")
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


def test_a_password_in_the_form_is_refused_by_the_schema_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as raised:
        PipelineParams.model_validate({"collect": {"database": "postgresql://shop:secret@db/shop"}})
    assert "write ${NAME} in its place" in str(raised.value)
    assert "secret@" not in str(raised.value)
    schema = PipelineParams.model_json_schema()["$defs"]["CollectParams"]["properties"]
    assert all("pattern" in schema[name] for name in ("database", "events", "items", "users"))
