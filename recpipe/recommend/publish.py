"""Publish checked lists: seal them, move the pointer last, and remove what nobody needs any more."""

from dataclasses import dataclass

from recpipe.core import registry
from recpipe.core.promotions import held
from recpipe.core.retention import snapshots_in_use
from recpipe.core.workspace import Workspace
from recpipe.recommend.lists import Lists
from recpipe.recommend.params import RecommendParams

CURRENT = "current"


@dataclass(frozen=True)
class Pruned:
    """The names of what was removed."""

    publications: list[str]
    models: list[str]
    snapshots: list[str]


def publish(workspace: Workspace, lists: Lists) -> str:
    """Seal the draft, let "current" name it, prune, and return the publication's name.

    Readers see the old publication or the new one, never a mixture. A publication is named by its
    content: the same lists again keep the sealed ones, unless they were damaged since (then they are
    replaced); others of the same inputs, made by changed code or an edited notebook, are another one.
    """
    day, _, made_from = lists.draft.name.partition("-")
    lists.draft.name = f"{day}-{lists.draft.content_id(made_from)}"
    name = lists.draft.seal(lists.manifest())
    workspace.publications.point(CURRENT, name)
    prune(workspace, lists.params)
    return name


def prune(workspace: Workspace, params: RecommendParams) -> Pruned:
    """Keep the newest `keep` publications and snapshots, and all that the kept ones or pointers name.

    Of the models stay: champion, the one before it, popularity, the newest, those that a kept
    publication was made by, and the newest refit of each; older refits go. Beside them the newest
    `keep_models` versions that are not older than `keep_models_days`.
    """
    keep = params.keep
    publications, snapshots = workspace.publications, workspace.snapshots
    current = publications.pointed(CURRENT)
    kept = {*publications.names()[:keep], current} - {""}
    # the current one may be an older one published again: it then takes the place of the oldest
    if len(kept) > keep:
        kept = {*publications.names()[: keep - 1], current}
    inputs = [publications.manifest(name)["inputs"] for name in kept]
    makers = {made_from["model"] for made_from in inputs}
    removed_publications = publications.prune(kept)
    with held(workspace):  # nobody promotes meanwhile what is removed here
        recent = registry.recent(workspace, params.keep_models, params.keep_models_days)
        removed_models = workspace.models.prune(registry.in_use(workspace, also=makers) | recent)
    removed_snapshots = snapshots.prune({*snapshots.names()[:keep], *snapshots_in_use(workspace)})
    return Pruned(removed_publications, removed_models, removed_snapshots)
