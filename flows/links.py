"""Where a file of the workspace is read in a browser, while `recpipe up` serves its reports."""

import os
from pathlib import Path, PurePosixPath
from urllib.parse import quote

URL = "RECPIPE_REPORTS_URL"
"""Address of the server of reports; `recpipe up` hands it on to the runs."""

ROOT = "RECPIPE_REPORTS_ROOT"
"""Workspace that it serves: a run may be sent to another one."""

MODEL_FILES = ("*.html", "card.md")


def is_served(path: PurePosixPath) -> bool:
    """Tell whether a path, relative to the workspace, is a report: what runs left, and the models' cards."""
    if any(part.startswith(".") for part in path.parts):
        return False
    folder, depth = path.parts[:1], len(path.parts)
    return folder == ("runs",) or (
        folder == ("models",) and depth == 3 and any(path.match(name) for name in MODEL_FILES)
    )


def link_to(path: Path) -> str:
    """Return the address at which `path` is read; "" where nobody serves it."""
    address, root = os.environ.get(URL, ""), os.environ.get(ROOT, "")
    if not address or not root or not path.absolute().is_relative_to(root):
        return ""
    inside = PurePosixPath(path.absolute().relative_to(root).as_posix())
    return f"{address.rstrip('/')}/{quote(str(inside))}" if is_served(inside) else ""
