"""The sources: each turns something outside into rows of the staging tables.

To add one, write a file with a class that keeps the contract `Source`, and give it a row in `SOURCES`
and its name in `CollectParams.source`; `tests/collect/test_collect_sources.py` then finds it.
"""

from recpipe.collect.params import CollectParams
from recpipe.collect.sources.complete_journey import CompleteJourney
from recpipe.collect.sources.contract import Source
from recpipe.collect.sources.files import Files
from recpipe.collect.sources.simulated import Simulated
from recpipe.core.errors import ParameterError

SOURCES: dict[str, type[Source]] = {
    "complete-journey": CompleteJourney,
    "files": Files,
    "simulated": Simulated,
}


def open_source(params: CollectParams) -> Source:
    """Return the source that `params` name. Raises ParameterError if they name none."""
    if params.source not in SOURCES:
        raise ParameterError(
            "collect.source: no source is given and none is remembered",
            f"Add --source {', --source '.join(SOURCES)}.",
        )
    return SOURCES[params.source](params)
