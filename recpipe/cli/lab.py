"""`recpipe lab`."""

import os
import sys
from pathlib import Path

from pydantic import Field

from recpipe.cli.options import FileOptions


class Lab(FileOptions):
    """Open JupyterLab on the notebooks, on this workspace."""

    port: int = Field(8888, ge=1, le=65535)
    """Port on 127.0.0.1; the next free one if it is taken."""

    browser: bool = True
    """Whether a browser is opened; the address is printed either way."""

    def execute(self) -> int:
        """Become JupyterLab: Ctrl-C is then its own."""
        from recpipe.run.preflight import check_folder

        folder = check_folder(self.notebooks.dir)
        os.environ["RECPIPE_WORKSPACE"] = str(self.open_workspace().root)
        command = lab_command(self.port, self.browser, folder)
        sys.stdout.flush()
        os.execv(command[0], command)


def lab_command(port: int, browser: bool, folder: Path) -> list[str]:
    """Return the command line of JupyterLab on `folder`: loopback, a token, no news pop-up."""
    options = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]
    if os.geteuid() == 0:
        options.append("--ServerApp.allow_root=True")  # in containers there is often nobody else
    return [sys.executable, "-m", "jupyterlab", *options]
