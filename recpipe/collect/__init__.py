"""The stage `collect`: from a source to checked events in the workspace's database.

The verbs, in the order the notebook calls them: `read` a source into staging tables, `check` them,
`merge` them, look at the `summary` and at `events_per_day`. `preflight` and `source_fingerprint` look
at a source without reading it. Outside of the stage: `quarantine`, `release` and `forget`.
"""

from recpipe.collect.batch import Batch, Ingestion, Summary
from recpipe.collect.check import check
from recpipe.collect.figures import events_per_day, summary
from recpipe.collect.forget import Forgotten, forget
from recpipe.collect.ingest import merge, read
from recpipe.collect.params import CollectParams
from recpipe.collect.preflight import preflight, source_fingerprint
from recpipe.collect.quarantine import Refused, quarantine, release

__all__ = [
    "Batch",
    "CollectParams",
    "Forgotten",
    "Ingestion",
    "Refused",
    "Summary",
    "check",
    "events_per_day",
    "forget",
    "merge",
    "preflight",
    "quarantine",
    "read",
    "release",
    "source_fingerprint",
    "summary",
]
