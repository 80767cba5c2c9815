"""The kernel's side of a stage: what its notebook calls first and last."""

import logging
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from recpipe.core.errors import ParameterError, StageError
from recpipe.core.files import write_json
from recpipe.core.validation import wrong_values
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.results import RESULT
from recpipe.run.source import forget_data, remember_data, warn_of_mixing, with_remembered_source
from recpipe.run.stages import IDS, STAGES, resolve_id


@dataclass(frozen=True)
class Stage:
    """An opened stage. The upstream ids are attributes too: `stage.snapshot`, `stage.model` and so on.

    `params` is the wing's own class; `folder` is where this stage keeps its files in the run.
    """

    name: str
    workspace: Workspace
    params: Any
    folder: Path
    upstream: dict[str, str] = field(default_factory=dict)
    is_own: bool = False

    def __getattr__(self, name: str) -> str:
        """Return an upstream id by its name."""
        if name in self.__dict__.get("upstream", {}):
            return self.upstream[name]
        raise AttributeError(f"stage {self.__dict__.get('name')!r} has no {name!r}")


def open_stage(name: str, namespace: Mapping[str, Any], *, own: bool = False) -> Stage:
    """Open stage `name` from the names of a notebook's parameters cell (pass `globals()`).

    An empty workspace means the default one, an empty run folder a new run, an empty upstream id the
    newest. A stage of the user's `own` has the ids upstream that its cell names, and no `params`: its
    parameters are the cell's names. Raises ParameterError for a value out of bounds, DataError when nothing
    is upstream yet.
    """
    if own == (name in STAGES):
        told = "is a stage of recpipe" if own else "is none of recpipe's stages"
        raise ParameterError(
            f"{name!r} {told}", f"Those are {', '.join(STAGES)}; one of your own is opened with own=True."
        )
    workspace = Workspace.open(namespace.get("workspace", ""))
    params: Any = None if own else _read_params(name, namespace)
    _show_log_lines()
    if name == "collect":
        params = with_remembered_source(params, workspace)
        warn_of_mixing(params, workspace)
        forget_data(workspace)
    reads = [read for read in IDS if read in namespace] if own else STAGES[name].reads
    upstream = {read: resolve_id(workspace, read, namespace.get(read, "")) for read in reads}
    run = namespace.get("run_folder", "")
    folder = (Path(run) if run else workspace.new_run()) / name
    folder.mkdir(parents=True, exist_ok=True)
    return Stage(name, workspace, params, folder, upstream, own)


def stage_result(stage: Stage, *, figures: Mapping[str, Any] | None = None, **outputs: str) -> None:
    """Write result.json: the ids handed on (as `STAGES` names them) and the figures to report.

    Raises StageError if an output is missing, empty or unknown.
    """
    promised = set(outputs) & set(IDS) if stage.is_own else set(STAGES[stage.name].writes)
    if set(outputs) != promised or not all(outputs.values()):
        raise StageError(
            f"{stage.name} promises {', '.join(sorted(promised)) or 'nothing'}; "
            f"stage_result got {outputs or 'nothing'}",
            "Pass exactly these ids, none of them empty, in the notebook's last cell.",
        )
    ids = {name: str(value) for name, value in outputs.items()}
    content = {"stage": stage.name, "ids": ids, "figures": dict(figures or {}), "kernel": _cost()}
    write_json(stage.folder / RESULT, content)
    if stage.name == "collect":
        remember_data(stage.workspace, stage.params, ids["data"])


def _cost() -> dict[str, float]:
    """Return what this kernel has cost so far: CPU seconds, and its peak of resident memory in MiB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / per_mib),
    }


def _read_params(name: str, namespace: Mapping[str, Any]) -> BaseModel:
    model: type[BaseModel] = type(getattr(PipelineParams(), name))
    missing = [parameter for parameter in model.model_fields if parameter not in namespace]
    if missing:
        raise ParameterError(
            f"the parameters cell of {STAGES[name].notebook} lacks {', '.join(missing)}",
            "Add them there with their defaults; `recpipe params` lists them.",
        )
    try:
        return model(**{parameter: namespace[parameter] for parameter in model.model_fields})
    except ValidationError as error:
        first = wrong_values(error)[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise ParameterError(f"{where}: {first['msg']}", "`recpipe params` lists the bounds.") from None


def _show_log_lines() -> None:
    """Print what the library logs: a notebook's output is where a person and the runner look."""
    logger = logging.getLogger("recpipe")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    # in a kernel TensorFlow sets its own level, and prints: a filter outlasts that
    logging.getLogger("tensorflow").addFilter(_is_warning)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
