"""The stage `features`: an immutable, point-in-time snapshot of histories, users and items.

>>> from recpipe.features import FeaturesParams
>>> FeaturesParams().split
'time'
"""

from recpipe.features.checks import check
from recpipe.features.draft import SnapshotDraft, open_draft
from recpipe.features.drift import Drift, drift
from recpipe.features.explore import sample_events
from recpipe.features.params import FeaturesParams
from recpipe.features.portraits import portraits
from recpipe.features.seal import seal
from recpipe.features.split import Split
from recpipe.features.tables import describe, write_histories

__all__ = [
    "Drift",
    "FeaturesParams",
    "SnapshotDraft",
    "Split",
    "check",
    "describe",
    "drift",
    "open_draft",
    "portraits",
    "sample_events",
    "seal",
    "write_histories",
]
