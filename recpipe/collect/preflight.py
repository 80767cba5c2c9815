"""What can be known about a source before any kernel starts; imports nothing heavy."""

from datetime import UTC, datetime
from typing import Any

from recpipe.collect.params import CollectParams


def preflight(params: CollectParams) -> list[dict[str, Any]]:
    """Check that the source is there, its columns are found and its first rows make sense.

    Returns how each file would be read. Reads first bytes only. Raises ParameterError or DataError.
    """
    from recpipe.collect.sources import open_source

    return [dict(report) for report in open_source(params).preflight()]


def source_fingerprint(params: CollectParams) -> list[list[Any]]:
    """Return a JSON-able list that changes when the source may have changed: path, size, mtime_ns.

    Where old events are not kept, it changes every day too.
    Raises ParameterError or DataError if the source is not there.
    """
    from recpipe.collect.sources import open_source

    today = [[f"{datetime.now(UTC):%Y-%m-%d}"]] if params.keep_days else []
    return open_source(params).fingerprint() + today
