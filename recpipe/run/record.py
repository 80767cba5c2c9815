"""The record of a run: params.json, environment.json and run.json in its folder."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recpipe.core.errors import RecpipeError
from recpipe.core.files import is_running, read_json, write_json
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.environment import environment
from recpipe.run.own_stages import OwnStage
from recpipe.run.results import ERROR, RESULT, now, read_result
from recpipe.run.stages import STAGES

RUN = "run.json"


@dataclass
class Run:
    """A run at work. `stage` is the one that runs, for the message if it fails."""

    folder: Path
    stage: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def save(self, **facts: Any) -> None:
        """Add `facts` to run.json."""
        self.facts |= facts
        write_json(self.folder / RUN, self.facts)

    def keep_params(
        self,
        params: PipelineParams,
        stages: Sequence[str] = tuple(STAGES),
        notebooks: str = "",
        own: Sequence[OwnStage] = (),
    ) -> None:
        """Write params.json, what `stages` run with, and environment.json, what they run in.

        The remembered source is filled in. notebooks: the folder that they are taken from.
        """
        given = {stage.name: stage.parameters for stage in own if stage.name in stages}
        write_json(self.folder / "params.json", params.model_dump(mode="json", include=set(stages)) | given)
        write_json(self.folder / "environment.json", environment(notebooks))


@contextmanager
def recorded_run(workspace: Workspace, flow_run: str = "") -> Iterator[Run]:
    """Keep run.json true while a run works: running, then finished, failed or interrupted.

    A retry of the same Prefect `flow_run` goes on in its own folder.
    """
    run = Run(find_run(workspace, flow_run) or workspace.new_run())
    run.save(status="running", started_at=now(), flow_run=flow_run, process=os.getpid(), error=None)
    try:
        yield run
    except RecpipeError as error:
        run.save(status="failed", finished_at=now(), error=describe(error, run))
        raise
    except Exception as error:
        told = {
            "kind": "failure",
            "message": f"{type(error).__name__}: {error}",
            "hint": "",
            "stage": run.stage,
        }
        run.save(status="failed", finished_at=now(), error=told)
        raise
    except BaseException:
        run.save(status="interrupted", finished_at=now())
        raise
    run.save(status="finished", finished_at=now())


def describe(error: RecpipeError, run: Run) -> dict[str, Any]:
    """Return what a person needs: what went wrong, what to do, in which stage and notebook."""
    executed = next((run.folder / run.stage).glob("*.ipynb"), None) if run.stage else None
    return {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
        "stage": run.stage,
        "notebook": str(executed or ""),
    }


def find_run(workspace: Workspace, flow_run: str) -> Path | None:
    """Return the folder of the run that Prefect knows as `flow_run`, if it is here."""
    for path in workspace.runs.glob(f"*/{RUN}") if flow_run else ():
        if read_json(path).get("flow_run") == flow_run:
            return path.parent
    return None


def list_runs(workspace: Workspace, count: int = 10) -> list[dict[str, Any]]:
    """Return the records of the last `count` runs, newest first, each with its `name` and `stages`.

    One that says it is running although its process is gone was killed.
    """
    folders = sorted((path.parent for path in workspace.runs.glob(f"*/{RUN}")), reverse=True)[:count]
    runs = [
        read_json(folder / RUN) | {"name": folder.name, "stages": stage_states(folder)} for folder in folders
    ]
    for run in runs:
        if run["status"] == "running" and not is_running(run["process"]):
            run["status"] = "killed"
    return runs


def stage_states(folder: Path) -> dict[str, str]:
    """Return how each stage of a run ended: finished, reused, failed or stopped."""
    states = {}
    own = sorted(path.parent.name for path in folder.glob(f"*/{RESULT}") if path.parent.name not in STAGES)
    for stage in (*STAGES, *own):
        if (folder / stage / ERROR).is_file():
            states[stage] = "failed"
        elif (folder / stage / RESULT).is_file():
            states[stage] = "reused" if read_result(folder / stage).reused else "finished"
        elif (folder / stage).is_dir():
            states[stage] = "stopped"
    return states
