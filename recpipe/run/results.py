"""What a stage leaves behind as JSON: result.json when it ends well, error.json when it does not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recpipe.core.errors import KINDS, RecpipeError, StageError
from recpipe.core.files import read_json, write_json

RESULT = "result.json"
ERROR = "error.json"


class KernelError(StageError):
    """The kernel of a stage died or never answered; a new one may do better."""


@dataclass(frozen=True)
class StageResult:
    """What a finished stage hands on.

    `ids` are the outputs of `STAGES`; `figures` is what the notebook reports; `folder` holds the
    executed notebook; `seconds` is its wall time; `kernel` has the kernel's CPU seconds and peak
    memory in MiB; `reused` tells that an earlier run did the work.
    """

    stage: str
    ids: dict[str, str]
    figures: dict[str, Any] = field(default_factory=dict)
    folder: str = ""
    seconds: float = 0.0
    kernel: dict[str, float] = field(default_factory=dict)
    reused: bool = False


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_result(folder: Path, result: StageResult, key: str) -> None:
    """Write `result` with the `key` under which it may be reused; what failed before is past."""
    (folder / ERROR).unlink(missing_ok=True)
    write_json(folder / RESULT, vars(result) | {"key": key, "finished_at": now()})


def read_result(folder: Path) -> StageResult:
    """Read the result.json of a stage's folder, as a notebook or the runner wrote it."""
    content = read_json(folder / RESULT)
    return StageResult(
        stage=content["stage"],
        ids=content["ids"],
        figures=content["figures"],
        folder=content.get("folder") or str(folder),
        seconds=content.get("seconds", 0.0),
        kernel=content.get("kernel", {}),
        reused=content.get("reused", False),
    )


def write_error(folder: Path, error: RecpipeError, notebook: str, cell: int) -> None:
    """Write `error`; `cell` counts code cells from 1 as JupyterLab does, 0 when no cell is at fault."""
    write_json(
        folder / ERROR,
        {
            "error": type(error).__name__,
            "kind": error.kind,
            "message": error.message,
            "hint": error.hint,
            "cell": cell,
            "notebook": notebook,
        },
    )


def error_class(name: str) -> type[RecpipeError] | None:
    """Return the error class of that name, or None where it is not one of recpipe's."""
    return KernelError if name == KernelError.__name__ else KINDS.get(name)
