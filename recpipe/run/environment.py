"""What a run ran in: Python, the machine, the packages, and which commit the notebooks and code are of."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import distributions, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from recpipe.core.shipped import PACKAGE
from recpipe.run.stages import notebooks_folder

GIT_SECONDS = 10


def environment(notebooks: str = "") -> dict[str, Any]:
    """Return what is needed to make a run again elsewhere, ready for JSON; no variables, no secrets.

    packages: version by name of recpipe and what it depends on. git: of the folder of the code, and of the
    folder of `notebooks` where it is another; each None where it is no checkout or there is no git.
    """
    folders = {"code": PACKAGE, "notebooks": notebooks_folder(notebooks)}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": _packages(),
        "git": {name: _commit(folder) for name, folder in folders.items()},
    }


def _packages() -> dict[str, str]:
    needed = [Requirement(line) for line in requires("recpipe") or ()]
    names = {"recpipe", *(_plain(one.name) for one in needed if not one.marker or one.marker.evaluate())}
    found = {_plain(one.name): one.version for one in distributions()}
    return {name: found[name] for name in sorted(names) if name in found}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _commit(folder: Path) -> dict[str, Any] | None:
    """Commit, and whether anything in `folder` differs from it or is not in it."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--", "."))}


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if not program:
        return ""
    try:
        command = [program, "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS)
    except subprocess.TimeoutExpired:  # a network disk; the run matters more
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
