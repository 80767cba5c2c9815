"""Parameters that are not at their defaults."""

import json
from collections.abc import Iterator

from recpipe.core.sections import Block
from recpipe.core.tables import Table
from recpipe.params import PipelineParams
from recpipe.run.report.facts import Facts


def changed(facts: Facts) -> Iterator[Block]:
    """A row a parameter: what this run had, and the default."""
    defaults = PipelineParams().model_dump(mode="json")
    rows = [
        (f"{stage}.{name}", _plain(value), _plain(defaults.get(stage, {}).get(name)))
        for stage, values in facts.params.items()
        for name, value in values.items()
        if value != defaults.get(stage, {}).get(name)
    ]
    if rows:
        yield Table(("parameter", "this run", "default"), rows)
    elif facts.params:
        yield "All at their defaults."


def _plain(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
