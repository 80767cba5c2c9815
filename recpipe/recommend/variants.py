"""Which model makes whose lists: the champion, or beside it others that are tried on some of the users."""

from dataclasses import dataclass

from recpipe.core import registry
from recpipe.core.refits import served
from recpipe.core.workspace import Workspace
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.schema import CHAMPION_VARIANT

_POINTED = {"challenger": registry.NEWEST, "popularity": registry.POPULARITY}
"""Variants that are named by what they are; any other is the name of a model version."""


@dataclass(frozen=True)
class Variant:
    """One variant: `percent` of the users get lists that `version` makes."""

    name: str
    percent: int
    version: str


def variants(workspace: Workspace, champion: str, snapshot: str, params: RecommendParams) -> list[Variant]:
    """Return the variants in the order of `params.variants`; the champion for all where that is empty.

    A version's refit on `snapshot` makes the lists where there is one. Raises DataError if there is no such
    version.
    """
    models = workspace.models
    found = []
    for name, percent in (params.variants or {CHAMPION_VARIANT: 100}).items():
        if name == CHAMPION_VARIANT:
            version = models.resolve(champion, registry.CHAMPION)
        elif name in _POINTED:
            version = models.resolve("", _POINTED[name])
        else:
            version = models.resolve(name, "")
        found.append(Variant(name, percent, served(workspace, version, snapshot)))
    return found
