"""The sources: each turns something outside into rows of the staging tables.

To add one, write a file with a class that keeps the contract `Source`, and give it a row in
`SOURCES` of `recpipe/collect/params.py`; `tests/collect/test_collect_sources.py` then asks for its test data.
"""

from importlib import import_module

from recpipe.collect.params import SOURCES, CollectParams
from recpipe.collect.sources.contract import Source
from recpipe.core.errors import ParameterError


def open_source(params: CollectParams) -> Source:
    """Return the source that `params` name. Raises ParameterError if they name none."""
    if params.source not in SOURCES:
        raise ParameterError(
            "collect.source: no source is given and none is remembered",
            f"Add --source {', --source '.join(SOURCES)}.",
        )
    module, name = SOURCES[params.source].split(":")
    source: type[Source] = getattr(import_module(f"recpipe.collect.sources.{module}"), name)
    return source(params)
