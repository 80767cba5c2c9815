"""Publish checked lists: seal them, move the pointer last, and remove what nobody needs any more."""

from dataclasses import dataclass

from recpipe.core import registry
from recpipe.core.retention import snapshots_in_use
from recpipe.core.workspace import Workspace
from recpipe.recommend.lists import Lists

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
    prune(workspace, lists.params.keep)
    return name


def prune(workspace: Workspace, keep: int) -> Pruned:
    """Keep the newest `keep` publications and snapshots, and all that the kept ones or pointers name.

    Of the models stay: champion, the one before it, popularity, the newest, those that a kept
    publication was made by, and the newest refit of each; older refits go.
    """
    publications, snapshots = workspace.publications, workspace.snapshots
    current = publications.pointed(CURRENT)
    kept = {*publications.names()[:keep], current} - {""}
    # the current one may be an older one published again: it then takes the place of the oldest
    if len(kept) > keep:
        kept = {*publications.names()[: keep - 1], current}
    inputs = [publications.manifest(name)["inputs"] for name in kept]
    models = registry.in_use(workspace, also={made_from["model"] for made_from in inputs})
    removed_publications, removed_models = publications.prune(kept), workspace.models.prune(models)
    removed_snapshots = snapshots.prune({*snapshots.names()[:keep], *snapshots_in_use(workspace)})
    return Pruned(removed_publications, removed_models, removed_snapshots)
