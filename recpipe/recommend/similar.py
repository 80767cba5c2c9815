"""Items like one item, by the model that made the current lists, within the filters of these."""

from dataclasses import dataclass

import numpy as np

from recpipe.core import columns as c
from recpipe.core.bases import base_of
from recpipe.core.caps import filled
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.recommend.filters import Filters
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.rerank import unit_vectors
from recpipe.recommend.schema import CURRENT


@dataclass(frozen=True)
class SimilarItem:
    """One item and how alike it is: the cosine of the vectors, bias left out, from -1 to 1."""

    item_id: str
    title: str
    similarity: float


def similar(workspace: Workspace, item: str, k: int = 10) -> list[SimilarItem]:
    """Return the k items most like `item`, most alike first; `item` itself need not pass the filters.

    Raises DataError if nothing is published yet, there is no such item, the model has no vector of it, the
    model is mere popularity, or a file that the model or the filters need is missing or was altered.
    """
    name = workspace.publications.resolve("", CURRENT)
    manifest = workspace.publications.manifest(name)
    snapshot = Snapshot.open(workspace, manifest["inputs"]["snapshot"])
    version = manifest["inputs"]["model"]
    folder = workspace.models.verify(base_of(workspace, version))
    vectors = unit_vectors(np.load(folder / "item_vectors.npy", allow_pickle=False))
    if vectors.shape[1] < 2:
        raise DataError(
            f"model {version} is mere popularity: to it no item is like another",
            "Let a trained model become champion.",
        )
    catalogue = snapshot.catalogue()
    ids = catalogue.column(c.ITEM_ID).to_numpy(zero_copy_only=False)
    to_model = Vocabulary(ids).translation_to(Vocabulary.read(folder / "vocabulary.parquet"))
    index = int(Vocabulary(ids).index_of(np.array([item], object))[0])
    if index == 0:
        raise DataError(f"snapshot {snapshot.name}: there is no item {item!r}", "Check the id.")
    if to_model[index] == 0:
        raise DataError(
            f"model {version} has no vector of item {item!r}: it had no events to learn from",
            "Choose another item, or run the pipeline once it has events.",
        )
    filters = Filters.of(snapshot, RecommendParams.model_validate(manifest["parameters"]))
    found = _nearest(vectors[to_model] * (to_model > 0)[:, None], index, k, filters, to_model > 0)
    titles = catalogue.column(c.TITLE).to_pylist()
    return [
        SimilarItem(ids[at - 1], titles[at - 1] or ids[at - 1], float(cosine))
        for at, cosine in zip(found.indices[0].tolist(), found.scores[0].tolist(), strict=True)
        if at > 0
    ]


def _nearest(vectors: np.ndarray, index: int, k: int, filters: Filters, known: np.ndarray) -> TopK:
    """The items nearest to the one at `index`, within filters and caps; vectors by the catalogue's index."""
    allowed, itself = filters.allowed & known, Ragged.from_lists([[index]])

    def search(rows: np.ndarray, depth: int) -> TopK:
        queries = vectors[[index]][rows]
        return top_k(queries, vectors, depth, excluded=itself, allowed=allowed)

    wanted = min([k, *(cap.attainable(allowed) for cap in filters.caps)])
    return filled(search, 1, wanted, k, max(1, int(allowed.sum())), filters.caps)
