"""The item vectors and a faiss index over them, for those who serve by themselves (extra `faiss`).

How the index is built, and why items have one more dimension in it, says `core/nearest.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.bases import base_of
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.files import temporary, write_json
from recpipe.core.model_side import ModelSide
from recpipe.core.nearest import Kind, as_queries, built, need_faiss
from recpipe.core.retrieval import top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace

if TYPE_CHECKING:
    import faiss

    from recpipe.core.recommender import Recommender

ITEMS, INDEX, TOLD = "items.parquet", "items.faiss", "index.json"
RECALL_AT = 100
ASKED_USERS = 1000


@dataclass(frozen=True)
class ExportedIndex:
    """What was written.

    recall: of the exact best `at` items, the share that the index finds; None where nobody could be asked.
    at: RECALL_AT, or all items where there are fewer. users: whose newest query vectors were asked.
    """

    model: str
    kind: str
    items: int
    dimension: int
    recall: float | None
    at: int
    users: int
    how_to_ask: str = "append a 0 to the query vector; the smaller the distance, the better the item"


def export_vectors(workspace: Workspace, version: str, out: Path, kind: Kind = "ivf") -> ExportedIndex:
    """Write a folder: items.parquet (item_id, vector), items.faiss, index.json; return what it holds.

    Row i of items.parquet is number i of the index. `vector` (d,) gives scores as an inner product with the
    query vector, biases included (the last component: a query has 1 there). The index is asked with the
    query vector and a 0 behind it, and returns squared distances: the score is (|query|² + longest² -
    distance) / 2, `longest` the length of the longest item vector. Measured against the exact search with
    the query vectors of up to ASKED_USERS users of the newest snapshot, as they are now. The folder appears
    whole or not at all. Raises ParameterError if faiss is not installed or `out` is there, DataError if the
    version is mere popularity or a file of it was altered.
    """
    _check(out)
    from recpipe import train  # loads TensorFlow

    recommender = train.load(workspace, base_of(workspace, version))
    if recommender.kind == "popularity":
        raise DataError(f"model {version} is mere popularity: it has no vectors", "Name a trained model.")
    vectors = np.ascontiguousarray(recommender.item_vectors[1:], np.float32)
    index = built(vectors, kind)
    queries = _queries(Snapshot.open(workspace, ""), recommender)
    at = min(RECALL_AT, len(vectors))
    recall = _recall(index, recommender.item_vectors, queries, at) if len(queries) else None
    items, dimension = vectors.shape
    told = ExportedIndex(version, kind, items, dimension, recall, at, len(queries))
    with _appearing_whole(out) as folder:
        _write(folder, recommender, vectors, index, told)
    return told


def _check(out: Path) -> None:
    need_faiss("export-vectors")
    if out.exists() or not out.parent.is_dir():
        reason = "is there already" if out.exists() else f"there is no folder {out.parent}"
        raise ParameterError(f"{out}: {reason}", "Name a new folder in one that exists.")


def _queries(snapshot: Snapshot, recommender: "Recommender") -> np.ndarray:
    """Query vectors (q, d) of users of whom something is known, as of their whole histories."""
    side = ModelSide(recommender, snapshot, "now")
    for histories in snapshot.chunks(ASKED_USERS):
        own = side.own(histories)
        known = own.take(np.flatnonzero(recommender.knows(own)))
        if len(known):
            return recommender.query_vectors(known)
    return np.zeros((0, recommender.item_vectors.shape[1]), np.float32)


def _recall(index: "faiss.Index", item_vectors: np.ndarray, queries: np.ndarray, at: int) -> float:
    exact = top_k(queries, item_vectors, at).indices - 1
    found = index.search(as_queries(queries), at)[1]
    return float(np.mean([np.isin(one, other).mean() for one, other in zip(exact, found, strict=True)]))


def _write(
    folder: Path,
    recommender: "Recommender",
    vectors: np.ndarray,
    index: "faiss.Index",
    told: ExportedIndex,
) -> None:
    import faiss

    flat = pa.array(vectors.ravel(), pa.float32())
    columns = [pa.array(recommender.vocabulary.ids, pa.string())]
    columns.append(pa.FixedSizeListArray.from_arrays(flat, told.dimension))
    pq.write_table(pa.table(columns, names=[c.ITEM_ID, "vector"]), folder / ITEMS, compression="zstd")
    faiss.write_index(index, str(folder / INDEX))
    write_json(folder / TOLD, asdict(told))


@contextmanager
def _appearing_whole(out: Path) -> Iterator[Path]:
    import shutil

    unfinished = temporary(out.parent, "vectors")
    unfinished.mkdir()
    try:
        yield unfinished
        unfinished.rename(out)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error})", "Name another.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
