"""The published lists, for programs: nothing heavy is loaded, no database opened, no lock taken.

from recpipe import recommendations

lists = recommendations.current("shop")
lists.of("4711")        # best first: item_id, rank, score, reason, variant, model_version, …
for batch in lists.batches():  # everybody's, as Arrow record batches
    ...
"""

from pathlib import Path

from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace, locate
from recpipe.recommend.publication import Publication

__all__ = ["Publication", "current"]


def current(workspace: str | Path = "") -> Publication:
    """Open the current publication of the workspace at `workspace`.

    What it returns stays the same whole publication as long as it is held, also while the next one is made
    and published; call again to see that. An empty path means `RECPIPE_WORKSPACE`, else `./workspace`.
    Raises DataError if there is no workspace or nothing published in it.
    """
    root = locate(workspace)
    if not root.is_dir():
        raise DataError(f"{root}: there is no workspace", "Run `recpipe run --source …` first.")
    return Publication.open(Workspace(root))
