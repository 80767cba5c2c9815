"""The items as points in a plane: what the model that made the current lists holds to be alike."""

from typing import TYPE_CHECKING

import numpy as np

from recpipe.core import columns as c
from recpipe.core.bases import base_of
from recpipe.core.errors import DataError
from recpipe.core.snapshot import Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.recommend.rerank import unit_vectors
from recpipe.recommend.schema import CURRENT

if TYPE_CHECKING:
    import pandas as pd


def item_map(workspace: Workspace, items: int = 1500) -> "pd.DataFrame":
    """Return the `items` most popular items with a vector: item_id, title, category, events, x, y.

    x, y: the first two principal components of the item vectors, of length 1 and without their bias
    (Pearson, "On lines and planes of closest fit", 1901). `attrs["explained"]`: the share of the variance
    that each of the two explains; what lies apart here is apart, what lies together need not be alike.
    category: the top of the path, "" without. Raises DataError if nothing is published yet, if the model is
    mere popularity, or if a file was altered.
    """
    import pandas as pd

    inputs = workspace.publications.manifest(workspace.publications.resolve("", CURRENT))["inputs"]
    snapshot = Snapshot.open(workspace, inputs["snapshot"])
    folder = workspace.models.verify(base_of(workspace, inputs["model"]))
    vectors = unit_vectors(np.load(folder / "item_vectors.npy", allow_pickle=False))
    if vectors.shape[1] < 2:
        raise DataError(
            f"model {inputs['model']} is mere popularity: to it no item is like another",
            "Let a trained model become champion.",
        )
    table = snapshot.items().select([c.ITEM_ID, c.TITLE, c.CATEGORIES]).to_pandas()
    table["category"] = table.pop(c.CATEGORIES).str[0].fillna("")
    table["events"] = snapshot.item_features("now")[c.EVENTS][1:]
    vocabulary = Vocabulary.read(folder / "vocabulary.parquet")
    table["row"] = Vocabulary(table[c.ITEM_ID].to_numpy(object)).translation_to(vocabulary)[1:]
    shown = table[table["row"] > 0].nlargest(items, "events")
    centred = vectors[shown.pop("row")]
    centred = centred - centred.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    shown[["x", "y"]] = centred @ directions[:2].T
    placed: pd.DataFrame = shown.reset_index(drop=True)
    placed.attrs["explained"] = (strengths[:2] ** 2 / max((strengths**2).sum(), 1e-12)).tolist()
    return placed
