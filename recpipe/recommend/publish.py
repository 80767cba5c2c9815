"""Publish checked lists: seal them, move the pointer last, and remove what nobody needs any more."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core import registry
from recpipe.core.files import content_id
from recpipe.core.promotions import held
from recpipe.core.retention import snapshots_in_use
from recpipe.core.workspace import Workspace
from recpipe.recommend.lists import Lists
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.schema import CURRENT


@dataclass(frozen=True)
class Pruned:
    """The names of what was removed."""

    publications: list[str]
    models: list[str]
    snapshots: list[str]


def publish(workspace: Workspace, lists: Lists) -> str:
    """Seal the draft, let "current" name it, prune, and return the publication's name.

    Readers see the old publication or the new one, never a mixture. A publication is named by its rows, but
    for the time they were made: the same lists again keep the sealed ones and their time, unless they were
    damaged since (then they are replaced); others of the same inputs, made by changed code or an edited
    notebook, are another one.
    """
    day, _, made_from = lists.draft.name.partition("-")
    lists.draft.name = f"{day}-{content_id(_rows_hash(lists.draft.folder), made_from)}"
    name = lists.draft.seal(lists.manifest())
    workspace.publications.point(CURRENT, name)
    prune(workspace, lists.params)
    return name


def _rows_hash(folder: Path) -> str:
    """Return the SHA-256 of all rows of the parts, without the column `generated_at`."""
    digest = hashlib.sha256()
    for part in sorted(folder.glob("part-*.parquet")):
        with pq.ParquetFile(part) as file:
            kept = [name for name in file.schema_arrow.names if name != c.GENERATED_AT]
            for batch in file.iter_batches(batch_size=65_536, columns=kept):
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, batch.schema) as writer:
                    writer.write_batch(batch)
                digest.update(sink.getvalue())
    return digest.hexdigest()


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
    makers |= {maker for made_from in inputs for maker in made_from.get("variants", {}).values()}
    removed_publications = publications.prune(kept)
    with held(workspace):  # nobody promotes meanwhile what is removed here
        recent = registry.recent(workspace, params.keep_models, params.keep_models_days)
        removed_models = workspace.models.prune(registry.in_use(workspace, also=makers) | recent)
    removed_snapshots = snapshots.prune({*snapshots.names()[:keep], *snapshots_in_use(workspace)})
    return Pruned(removed_publications, removed_models, removed_snapshots)
