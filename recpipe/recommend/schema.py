"""What a published row is: the columns of the Parquet parts, the same in every export."""

import pyarrow as pa

from recpipe.core import columns as c

CURRENT = "current"
"""The pointer that names what readers see."""

CHAMPION_VARIANT = "champion"
"""The variant of lists that the champion makes."""

SCHEMA = pa.schema(
    [
        (c.USER_ID, pa.string()),
        (c.ITEM_ID, pa.string()),
        (c.RANK, pa.int32()),
        (c.SCORE, pa.float32()),
        (c.REASON, pa.string()),
        (c.VARIANT, pa.string()),
        # how likely this item was to get this place; 1 where nothing is explored
        (c.PROPENSITY, pa.float32()),
        (c.MODEL_VERSION, pa.string()),
        # UTC, one moment for the whole publication
        (c.GENERATED_AT, pa.timestamp("ms", "UTC")),
    ]
)
SCHEMA_VERSION = 3
