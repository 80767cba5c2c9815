"""What a report is made from: the record of a run, read from its folder and from the model it made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recpipe.core.bases import base_of
from recpipe.core.errors import RecpipeError
from recpipe.core.files import read_json
from recpipe.core.registry import METRICS
from recpipe.core.workspace import Workspace
from recpipe.run.results import ERROR, StageResult

CHECKS = "checks.json"
CARD = "card.md"
PARAMS = "params.json"


@dataclass(frozen=True)
class Facts:
    """A run as it ended.

    `results` of the stages that ended well, in order; `failed` is the stage that did not, `error` what it
    said (message, hint, cell). `checks` by stage, as in checks.json. `params` by stage, as in params.json.
    `curve` is a row an epoch of the model's training; `measured` its metrics.json, empty if it was not
    evaluated.
    """

    folder: Path
    results: Sequence[StageResult] = ()
    failed: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    curve: Sequence[Mapping[str, Any]] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)
    card: Path | None = None

    def figures(self, stage: str) -> Mapping[str, Any]:
        """Return what `stage` reported; nothing if it did not end well."""
        return next((result.figures for result in self.results if result.stage == stage), {})


def read_facts(
    folder: Path,
    workspace: Workspace,
    results: Sequence[StageResult],
    failed: str = "",
    error: RecpipeError | None = None,
) -> Facts:
    """Read what a report of the run in `folder` needs; `failed` is the stage that raised `error`."""
    ids = {name: value for result in results for name, value in result.ids.items()}
    stages = {result.stage: Path(result.folder) for result in results} | (
        {failed: folder / failed} if failed else {}
    )
    name = ids.get("model", "")
    model = workspace.models.path(name) if workspace.models.has(name) else None
    trained = workspace.models.path(base_of(workspace, name)) if model else None
    is_evaluated = any(result.stage == "evaluate" for result in results)
    return Facts(
        folder=folder,
        results=tuple(results),
        failed=failed,
        error=_error(folder / failed / ERROR, error) if error else {},
        checks={name: read_json(path / CHECKS) for name, path in stages.items() if (path / CHECKS).is_file()},
        params=_read(folder / PARAMS),
        curve=_read(trained / "manifest.json").get("figures", {}).get("curve", ()) if trained else (),
        measured=_read(model / METRICS) if model and is_evaluated else {},
        card=model / CARD if model and is_evaluated and (model / CARD).is_file() else None,
    )


def _read(path: Path) -> dict[str, Any]:
    return dict(read_json(path)) if path.is_file() else {}


def _error(path: Path, error: RecpipeError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, "cell": _read(path).get("cell", 0)}
