"""`recpipe up`."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfoNotFoundError

from pydantic import Field
from tzlocal import get_localzone_name

from recpipe.cli.options import PipelineOptions, read_toml
from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace, locate
from recpipe.params import PipelineParams
from recpipe.run.preflight import check_notebooks, preflight
from recpipe.run.source import REMEMBERED


class Up(PipelineOptions):
    """Start the Prefect UI and serve the pipeline, by hand or on a schedule.

    One terminal; Ctrl-C ends it all. The parameters given here are the defaults of its runs.
    """

    cron: str = ""
    """When runs start by themselves: minute hour day month weekday, e.g. "0 3 * * *" (or [schedule] cron)."""

    port: int = Field(4200, ge=1, le=65535)
    """Port of the UI on 127.0.0.1."""

    def execute(self) -> int:
        """Check, start the server, serve until Ctrl-C."""
        cron = self.cron or self._scheduled()
        check_cron(cron)
        params = self.run_defaults(cron)
        workspace, timezone = self.open_workspace(), local_timezone()
        from flows.server import running_server, serve_until_interrupted

        signal.signal(signal.SIGTERM, _interrupt)
        with running_server(workspace, self.port) as address:
            print(f"Prefect UI   {address}\nworkspace    {workspace.root}")
            print(
                "deployment   pipeline/pipeline" + (f", by itself at {cron!r} ({timezone})" if cron else "")
            )
            print("Ctrl-C ends it all.", flush=True)
            places = {"workspace": str(workspace.root), "notebooks": self.notebooks.dir}
            schedule = {"cron": cron, "timezone": timezone}
            serve_until_interrupted({"params": params.model_dump(mode="json"), **places, **schedule})
        return os.EX_OK

    def _scheduled(self) -> str:
        return (
            str(read_toml(Path(self.params).expanduser()).get("schedule", {}).get("cron", ""))
            if self.params
            else ""
        )

    def run_defaults(self, cron: str) -> PipelineParams:
        """Refuse now what every run would refuse; return the defaults of the runs.

        What nothing was said about stays "remembered", so that runs follow the workspace.
        """
        params, workspace = self.pipeline_params(), Workspace(locate(self.workspace))
        about_source = params.collect.model_fields_set & set(REMEMBERED)
        if not cron and not about_source:
            check_notebooks(params, notebooks=self.notebooks.dir)
            return params
        checked = preflight(params, workspace, notebooks=self.notebooks.dir)
        return checked if about_source else params


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat the end that a service manager asks for like Ctrl-C."""
    raise KeyboardInterrupt


def local_timezone() -> str:
    """Return the IANA name of this machine's time zone; "UTC" where it has none."""
    try:
        return get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def check_cron(cron: str) -> None:
    """Raise ParameterError unless `cron` is empty or five fields that name a time to come."""
    from cronsim import CronSim, CronSimError

    if not cron:
        return
    hint = 'Five fields: minute hour day month weekday, e.g. "0 3 * * *" for every night at three.'
    if len(cron.split()) != 5:
        raise ParameterError(f"--cron {cron!r}: {len(cron.split())} fields instead of 5", hint)
    try:
        next(CronSim(cron, datetime.now(UTC)))
    except (CronSimError, StopIteration) as error:
        raise ParameterError(f"--cron {cron!r}: {str(error) or 'never comes'}", hint) from None
