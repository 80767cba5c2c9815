"""`recpipe lab`."""

import os
import sys

from pydantic import Field

from recpipe.cli.options import WorkspaceOptions
from recpipe.core.shipped import shipped


class Lab(WorkspaceOptions):
    """Open JupyterLab on the notebooks, on this workspace."""

    port: int = Field(8888, ge=1, le=65535)
    """Port on 127.0.0.1; the next free one if it is taken."""

    browser: bool = True
    """Whether a browser is opened; the address is printed either way."""

    def execute(self) -> int:
        """Become JupyterLab: Ctrl-C is then its own."""
        os.environ["RECPIPE_WORKSPACE"] = str(self.open_workspace().root)
        command = lab_command(self.port, self.browser)
        sys.stdout.flush()
        os.execv(command[0], command)


def lab_command(port: int, browser: bool) -> list[str]:
    """Return the command line of JupyterLab: loopback, a token, no news pop-up."""
    options = [
        f"--ServerApp.root_dir={shipped('notebooks')}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]
    if os.geteuid() == 0:
        options.append("--ServerApp.allow_root=True")  # in containers there is often nobody else
    return [sys.executable, "-m", "jupyterlab", *options]
