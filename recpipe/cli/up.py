"""`recpipe up`."""

import os
import signal
import sys
import webbrowser
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from recpipe.cli.options import PipelineOptions
from recpipe.cli.schedule import ScheduleOptions
from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace, locate
from recpipe.params import PipelineParams
from recpipe.run.own_stages import in_order
from recpipe.run.plan import Plan
from recpipe.run.preflight import check_notebooks
from recpipe.run.source import REMEMBERED
from recpipe.run.stages import STAGES


class Up(PipelineOptions):
    """Start the Prefect UI and serve the pipeline, by hand or on a schedule.

    One terminal; Ctrl-C ends it all. The parameters given here are the defaults of its runs.
    """

    schedule: ScheduleOptions = ScheduleOptions()

    port: int = Field(4200, ge=1, le=65535)
    """Port of the UI on 127.0.0.1."""

    reports_port: int = Field(4280, ge=1, le=65535)
    """Port on 127.0.0.1 of the executed notebooks and reports; the next free one if it is taken."""

    open: bool = False
    """Whether a browser is opened; the address is printed either way."""

    watch: str = ""
    """Folder that new data fall into: a new or changed file starts a run (see `quiet_minutes`)."""

    notify_url: str = ""
    """Address that is called (POST, JSON with `text`) when a run fails, e.g. a chat's webhook."""

    @field_validator("watch")
    @classmethod
    def _absolute(cls, path: str) -> str:
        return str(Path(path).expanduser().absolute()) if path else ""

    @field_validator("notify_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("no address that can be called; it begins with https:// or http://")
        return url

    def execute(self) -> int:
        """Check, start the server, serve until Ctrl-C."""
        if self.watch and not Path(self.watch).is_dir():
            raise ParameterError(
                f"--watch {self.watch}: no such folder", "Name the folder that data fall into."
            )
        params = self.run_defaults()
        workspace = self.open_workspace()
        from flows.links import ROOT, URL
        from flows.overlap import OVERLAP
        from flows.report_server import report_server
        from flows.server import running_server
        from flows.serving import only_one, serve_until_interrupted, tell
        from flows.tied import end_leftovers

        for ending in (signal.SIGTERM, signal.SIGINT):  # a shell's `&` has Ctrl-C ignored, by children too
            signal.signal(ending, _interrupt)
        with only_one(workspace):
            left = end_leftovers(workspace.root)
            if left:
                print(f"ended        {left} process{'es' * (left > 1)} that a killed `recpipe up` had left")
            with (
                running_server(workspace, self.port) as server,
                report_server(workspace.root, self.reports_port) as reports,
            ):
                os.environ |= {
                    URL: reports,
                    ROOT: str(workspace.root),
                    OVERLAP: self.schedule.overlap,
                }
                tell(workspace, server.ui)
                print(
                    f"Prefect UI   {server.ui}\nreports      {reports}\nworkspace    {workspace.root}",
                    flush=True,
                )
                if self.open:
                    open_browser(server.ui)
                return serve_until_interrupted(self._settings(params, workspace), workspace, server)

    def _settings(self, params: PipelineParams, workspace: Workspace) -> dict[str, object]:
        """Return the arguments of `flows.deployments.serve`."""
        return {
            "params": params.model_dump(mode="json"),
            "workspace": str(workspace.root),
            "notebooks": self.notebooks.dir,
            "schedule": {"cron": self.schedule.cron, "timezone": self.schedule.zone()},
            "overlap": self.schedule.overlap,
            "quiet_minutes": self.schedule.quiet_minutes,
            "watched": self.watch,
            "notify_url": self.notify_url,
            "timeout_minutes": self.notebooks.timeout_minutes,
            "stages": [stage.model_dump() for stage in self.own_stages()],
        }

    def run_defaults(self) -> PipelineParams:
        """Refuse now what every run would refuse; return the defaults of the runs.

        What nothing was said about stays "remembered", so that runs follow the workspace.
        """
        own, chosen = self.own_stages(), self.notebooks
        plan = Plan(
            in_order(tuple(STAGES), own), self.pipeline_params(), chosen.dir, chosen.timeout_minutes, own
        )
        params, workspace = plan.params, Workspace(locate(self.workspace))
        about_source = params.collect.model_fields_set & set(REMEMBERED)
        if not self.schedule.cron and not about_source:
            check_notebooks(params, plan.stages, plan.notebooks, own)
            return params
        checked = plan.checked(workspace).params
        return checked if about_source else params


def open_browser(address: str) -> None:
    """Open a browser at `address`, or say that there is none."""
    try:
        webbrowser.get().open(address)
    except webbrowser.Error:
        print(f"no browser was found here: open {address} in one", file=sys.stderr)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat the end that a service manager asks for like Ctrl-C, and Ctrl-C as ever."""
    raise KeyboardInterrupt
