"""The contract of a source."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from recpipe.collect.params import CollectParams
from recpipe.collect.staging import Staging

FileReport = Mapping[str, Any]
"""What was found about one file: file, table, format, and how it is read."""


class Source(Protocol):
    """Something to collect from. It is made from the stage's parameters, and looks at nothing then.

    The three methods are called in this order, the first two often and before any kernel starts, so
    they look at names, sizes and first bytes only.
    An `incremental` source is asked for the events from `staging.since` to `staging.until` only. Its first
    report names in `file` where they come from: the same name, where what was read before is still there.
    """

    incremental: bool

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""

    def preflight(self) -> Sequence[FileReport]:
        """Check that everything needed is there and readable, and report it, file by file.

        Raises ParameterError or DataError saying what is wrong, where, and what to do.
        """

    def fingerprint(self) -> list[list[Any]]:
        """Return a JSON-able list that changes when the source's content may have changed.

        Raises DataError if the source is not there.
        """

    def stage(self, staging: Staging) -> Sequence[FileReport]:
        """Put all rows into the staging tables: unusable ones too, with their `reason`.

        Every row that was read is one row there, with `file` and `row_number` to find it again; times
        are in UTC; only users in `staging.sample` come in. Equal sources give equal rows. Reports
        the files as read. Raises DataError if something cannot be read at all.
        """
