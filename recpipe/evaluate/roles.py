"""Who is compared: the challenger, popularity, and the champion if there is another."""

from recpipe.core import registry
from recpipe.core.ranking import Recommender
from recpipe.core.workspace import Workspace

CHALLENGER = "challenger"
POPULARITY = "popularity"
CHAMPION = "champion"


def contestants(workspace: Workspace, challenger: str, popularity: str) -> dict[str, Recommender]:
    """Load what is compared, by role, each version once.

    The role "champion" is there only if the champion is neither of the other two. Raises DataError
    naming a file that was altered since its version was made.
    """
    from recpipe import train  # loads TensorFlow

    roles = {CHALLENGER: challenger, POPULARITY: popularity}
    champion = registry.champion(workspace)
    if champion and champion not in roles.values():
        roles[CHAMPION] = champion
    for version in roles.values():
        workspace.models.verify(version)
    return {role: train.load(workspace, version) for role, version in roles.items()}
