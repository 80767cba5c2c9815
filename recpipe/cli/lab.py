"""`recpipe lab`."""

import os
import secrets
import sys
from pathlib import Path

from pydantic import Field

from recpipe.cli.options import FileOptions

SETTINGS = Path(__file__).parent / "jupyter"
"""A folder of Jupyter's configuration: labconfig/default_setting_overrides.json."""


class Lab(FileOptions):
    """Open JupyterLab on the notebooks, on this workspace."""

    port: int = Field(8888, ge=1, le=65535)
    """Port on 127.0.0.1; the next free one if it is taken."""

    open: bool = False
    """Whether a browser is opened; the address is printed either way, with the token that lets one in."""

    def execute(self) -> int:
        """Become JupyterLab: Ctrl-C is then its own."""
        from recpipe.run.preflight import check_folder

        folder = check_folder(self.notebooks.dir)
        os.environ |= lab_environment(self.open_workspace().root)
        command = lab_command(self.port, self.open, folder)
        sys.stdout.flush()
        os.execv(command[0], command)


def lab_environment(workspace: Path) -> dict[str, str]:
    """Return what JupyterLab and its kernels find: the workspace and, not on the command line, a token.

    And defaults of settings, which the user's own go before: no news are asked for, a kernel is not, either.
    That kernels are of this environment says `recpipe/__init__.py`.
    """
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)
    paths = [str(SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return {
        "RECPIPE_WORKSPACE": str(workspace),
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(paths),
    }


def lab_command(port: int, browser: bool, folder: Path) -> list[str]:
    """Return the command line of JupyterLab on `folder`, on loopback."""
    options = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
    ]
    if os.geteuid() == 0:
        options.append("--ServerApp.allow_root=True")  # in containers there is often nobody else
    return [sys.executable, "-m", "jupyterlab", *options]
