"""`[[stages]]` of the parameters file: notebooks of the user's own that run as stages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recpipe.cli.messages import explain_validation
from recpipe.core.errors import ParameterError
from recpipe.run.own_stages import OwnStage, in_order
from recpipe.run.stages import STAGES


def own_stages(path: Path, content: Mapping[str, Any]) -> list[OwnStage]:
    """Return the stages that the TOML file at `path` adds, each with the table of its name as parameters.

    A notebook lies beside the file unless its path is absolute. Raises ParameterError naming the row.
    """
    own = [_own_stage(path, number, row, content) for number, row in enumerate(content.get("stages", []), 1)]
    in_order(tuple(STAGES), own)
    return own


def _own_stage(path: Path, number: int, row: Any, content: Mapping[str, Any]) -> OwnStage:
    if not isinstance(row, dict) or not isinstance(row.get("notebook", ""), str):
        raise ParameterError(
            f"{path}: stages {number}: must be a table with name, notebook and after or before"
        )
    if "parameters" in row:
        raise ParameterError(
            f"{path}: stages {number}.parameters: no such key", "Parameters are a table [NAME]."
        )
    notebook = path.parent / Path(row.get("notebook", "")).expanduser()
    given = {"notebook": str(notebook.absolute())} if "notebook" in row else {}
    parameters = content.get(str(row.get("name", "")), {})
    try:
        return OwnStage(**row | given, parameters=parameters)
    except ValidationError as error:
        raise explain_validation(
            error, OwnStage, lambda location, _: f"{path}: stages {number}.{'.'.join(location)}"
        ) from None
