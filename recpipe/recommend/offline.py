"""What other lists would have been worth, from the clicks on lists that explored."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.store import connect, temporary_database
from recpipe.core.workspace import Workspace
from recpipe.recommend.schema import CURRENT

REWARD = "reward"


@dataclass(frozen=True)
class Estimate:
    """The value of a list, in rewards (clicks) a user, over the users that both publications have."""

    users: int
    unmatched: int
    """Clicked pairs of user and item that the logged lists do not hold; they count for nothing."""
    logged: float
    """What the logged lists got."""
    ips: float
    """What the target lists would have got: each reward weighed by one over its propensity."""
    snips: float
    """The same, self-normalised: by the sum of the weights instead of their expectation. Prefer this."""
    snips_error: float
    """Its standard error over users, by the delta method."""
    effective: float
    """Effective sample size, in places: (sum of the weights)^2 / sum of their squares."""
    support: float
    """Mean weight of a target place: about 1 if every one of them could have been drawn, less if not."""


def offline_estimate(workspace: Workspace, clicks: Path, logged: str, target: str = "") -> Estimate:
    """Estimate what the lists of `target` (empty: the current ones) would have got of the users of `logged`.

    clicks: CSV with user_id and item_id, one row a click on a list of `logged`; `reward` if they are not
    worth 1 each. Inverse propensity scores (Horvitz and Thompson 1952) and self-normalised ones (Swaminathan
    and Joachims 2015), place by place: a reward is taken to follow from user, item and place alone.

    Raises DataError if there is no such publication or file, naming what is wrong with a row, if no click
    is on a logged list, or if the two have no place in common.
    """
    shelf = workspace.publications
    parts = {
        name: [str(part) for part in sorted(shelf.verify(chosen).glob("part-*.parquet"))]
        for name, chosen in (
            ("logged", shelf.resolve(logged, CURRENT)),
            ("target", shelf.resolve(target, CURRENT)),
        )
    }
    table = _clicks(clicks)
    with temporary_database(workspace.root) as database:
        file = database.parent / "clicks.parquet"
        pq.write_table(table, file)
        with connect(database) as store:
            (found,) = store.run_sql("recommend/offline_estimate", clicks=str(file), **parts).records()
    if not found["users"] or not found["support"]:
        raise DataError(
            f"publications {logged} and {target or CURRENT}: no place of a list is the same",
            "Compare lists with some that explored (recommend.explore_share).",
        )
    if found["unmatched"] == len(pc.unique(pc.binary_join_element_wise(*table.columns[:2], "\0"))):
        raise DataError(
            f"{clicks}: no click is on a list of {logged}", "Name the publication that was shown then."
        )
    return Estimate(**found)


def _clicks(path: Path) -> pa.Table:
    """Read the clicks: user_id, item_id, reward."""
    if not path.is_file():
        raise DataError(f"{path}: no such file", "Name a CSV file with user_id and item_id.")
    kinds = {c.USER_ID: pa.string(), c.ITEM_ID: pa.string(), REWARD: pa.float64()}
    options = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    try:
        table = pa.csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: {error}", "Write user_id,item_id and, if you like, reward.") from None
    missing = [name for name in (c.USER_ID, c.ITEM_ID) if name not in table.column_names]
    if missing:
        raise DataError(f"{path}: no column {missing[0]}", "Write user_id,item_id and, if you like, reward.")
    if REWARD not in table.column_names:
        table = table.append_column(REWARD, pa.repeat(pa.scalar(1.0), table.num_rows))
    if table.column(REWARD).null_count:
        raise DataError(f"{path}: a click without a reward", "Give each a number, or leave out the column.")
    return table.select(list(kinds))
