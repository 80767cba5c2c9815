"""Who is compared: the challenger, popularity, and the champion if there is another."""

from recpipe.core import registry
from recpipe.core.bases import base_of, with_bases
from recpipe.core.errors import DataError
from recpipe.core.ranking import Recommender
from recpipe.core.workspace import Workspace
from recpipe.evaluate.questions import HeldOut

CHALLENGER = "challenger"
POPULARITY = "popularity"
CHAMPION = "champion"
RETRIEVAL = "retrieval"
"""What a challenger's second stage stands upon, by itself: the card shows both side by side."""


def contestants(
    workspace: Workspace, challenger: str, popularity: str, test: HeldOut
) -> dict[str, Recommender]:
    """Load what is compared on `test`, by role, each version once.

    The role "retrieval" is there if the challenger has a second stage, "champion" only if the champion is
    none of the others. Raises DataError naming a challenger, its retrieval or popularity that was trained on
    another snapshot than the test's, or a file that was altered since its version was made.
    """
    from recpipe import rank  # its loader loads TensorFlow

    roles = {CHALLENGER: challenger, POPULARITY: popularity}
    if (retrieval := base_of(workspace, challenger)) != challenger:
        roles[RETRIEVAL] = retrieval
    champion = registry.champion(workspace)
    if champion and champion not in roles.values():
        roles[CHAMPION] = champion
    for role, version in roles.items():
        # of a retrieval that is gone the loader tells
        if role != CHAMPION and (role != RETRIEVAL or workspace.models.has(version)):
            _check_snapshot(workspace, role, version, test.snapshot.name)
    try:
        return {role: rank.load(workspace, version) for role, version in roles.items()}
    except DataError as error:
        if not champion or all(map(workspace.models.is_whole, with_bases(workspace, {champion}))):
            raise
        raise DataError(
            f"the champion {champion} cannot be compared: {error.message}",
            "Put its files back, or choose another: recpipe rollback, recpipe promote.",
        ) from error


def _check_snapshot(workspace: Workspace, role: str, version: str, test: str) -> None:
    trained_on = workspace.models.manifest(version)["snapshot"]
    if trained_on != test:
        raise DataError(
            f"{role} {version}: trained on snapshot {trained_on}, but the test is of snapshot {test}: it may "
            "have seen events of the test",
            f"Train on {test}, or evaluate on {trained_on}.",
        )
