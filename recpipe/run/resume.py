"""Using a finished stage again: when nothing that decides its result has changed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from pydantic import BaseModel

from recpipe.core.errors import DataError
from recpipe.core.files import content_id, file_hash, read_json
from recpipe.core.shipped import PACKAGE, shipped
from recpipe.core.workspace import Workspace
from recpipe.run.results import RESULT, StageResult, read_result
from recpipe.run.stages import PLACES, StageRow


def stage_key(row: StageRow, params: BaseModel, upstream: Mapping[str, str], notebook: Path) -> str:
    """Name everything that decides the result of a stage: two equal keys mean equal work."""
    source = _read_from(row.name, params)
    return content_id(
        row.name, dict(upstream), params.model_dump(mode="json"), code_hash(row, notebook), source
    )


def find_finished(
    workspace: Workspace, stage: str, key: str, rewritten: Collection[str] = ()
) -> StageResult | None:
    """Return the newest result under `key` whose outputs are still there, unaltered and current.

    Of `rewritten` ids a stage after this one decides which is current.
    """
    for folder in _newest_first(workspace, stage):
        if read_json(folder / RESULT).get("key") == key:
            result = read_result(folder)
            if _still_holds(workspace, result, rewritten):
                return replace(result, reused=True)
    return None


def point_at(workspace: Workspace, result: StageResult) -> None:
    """Let the pointers that follow the last run name a reused stage's outputs."""
    for name, value in result.ids.items():
        if name in PLACES and PLACES[name].pointer and not PLACES[name].decided:
            PLACES[name].on(workspace).point(PLACES[name].pointer, value)


def code_hash(row: StageRow, notebook: Path) -> str:
    """Hash the code that decides a stage: its wings, the core, the expectations, the notebook's cells.

    Outputs of the notebook do not count: running it in JupyterLab changes nothing here.
    """
    folders = [PACKAGE / wing for wing in (*row.wings, "core")] + [shipped("expectations")]
    files = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".sql", ".json"} and path.is_file()
    ]
    cells = [(cell.cell_type, cell.source) for cell in nbformat.read(notebook, as_version=4).cells]
    return content_id([(path.name, file_hash(path)) for path in files], cells)


def _read_from(stage: str, params: Any) -> Any:
    """Name the content of what a stage reads beside the workspace; "" where it reads nothing."""
    if stage == "collect":
        from recpipe.collect import source_fingerprint

        return source_fingerprint(params)
    if stage == "recommend" and params.files():
        return {name: file_hash(Path(path)) for name, path in params.files().items()}
    return ""


def _newest_first(workspace: Workspace, stage: str) -> Iterator[Path]:
    results = sorted(
        workspace.runs.glob(f"*/{stage}/{RESULT}"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    return (path.parent for path in results)


def _still_holds(workspace: Workspace, result: StageResult, rewritten: Collection[str]) -> bool:
    """Tell whether every output is unaltered, and every decision still the one that was taken."""
    settings = workspace.read_settings()
    for name, value in result.ids.items():
        if name not in PLACES:
            if settings.get("collecting") or settings.get("data") != value or not workspace.database.exists():
                return False
            continue
        place = PLACES[name]
        decides = place.decided and name not in rewritten
        if decides and place.on(workspace).pointed(place.pointer) != value:
            return False
        try:
            place.on(workspace).verify(value)
        except DataError:
            return False
    return True
