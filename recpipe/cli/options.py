"""What the commands have in common: their options and where values come from."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from recpipe.cli.messages import did_you_mean, explain_validation
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.workspace import Workspace, locate
from recpipe.params import (
    CollectParams,
    EvaluateParams,
    FeaturesParams,
    PipelineParams,
    RecommendParams,
    TrainParams,
)

RESERVED_TABLES: dict[str, tuple[type, str]] = {
    "schedule": (dict, "a table"),
    "notebooks": (dict, "a table"),
    "stages": (list, "an array of tables"),
}
"""Tables of the TOML file that are not stages, and what each must be."""

SHORT = {f"collect.{name}": name for name in ("source", "events", "items", "users")}
"""Parameters that have an option without the stage's name."""


class WorkspaceOptions(BaseSettings):
    """Options of every command that works in a workspace."""

    model_config = SettingsConfigDict(
        env_prefix="RECPIPE_",
        env_nested_delimiter="__",
        extra="forbid",
        use_attribute_docstrings=True,
        cli_exit_on_error=False,
        cli_avoid_json=True,
        cli_shortcuts=SHORT,
    )

    workspace: str = "./workspace"
    """Folder that holds everything (or RECPIPE_WORKSPACE)."""

    def open_workspace(self) -> Workspace:
        """Open the workspace, made if it is new."""
        return Workspace.open(self.workspace)

    def existing_workspace(self) -> Workspace:
        """Return the workspace for reading. Raises DataError if there is none; nothing is made."""
        root = locate(self.workspace)
        if not root.is_dir():
            raise DataError(
                f"--workspace {root}: there is no workspace", "Run `recpipe run --source …` first."
            )
        return Workspace(root)

    def execute(self) -> int:
        """Do what the command is for and return its exit code."""
        raise NotImplementedError


class PipelineOptions(WorkspaceOptions):
    """Options of every command that runs stages.

    A value on the command line wins over the environment (RECPIPE_TRAIN__EPOCHS), that over the TOML
    file, that over the default.
    """

    params: str = ""
    """TOML file with a table for each stage."""

    collect: CollectParams = CollectParams()
    features: FeaturesParams = FeaturesParams()
    train: TrainParams = TrainParams()
    evaluate: EvaluateParams = EvaluateParams()
    recommend: RecommendParams = RecommendParams()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the TOML file below the environment; CliApp puts the command line on top."""
        return init_settings, env_settings, TomlFile(settings_cls)

    def pipeline_params(self) -> PipelineParams:
        """Return the stages' parameters alone."""
        return PipelineParams(**{name: getattr(self, name) for name in PipelineParams.model_fields})


class TomlFile(PydanticBaseSettingsSource):
    """The TOML file that `--params` (or RECPIPE_PARAMS) names, as a source of values."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing: the whole file is read at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the stages' tables. Raises ParameterError naming the file, the table and the key."""
        path = self.current_state.get("params", "")
        return read_toml(Path(path).expanduser())[0] if path else {}


def read_toml(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a TOML file: the stages' tables, checked, and the reserved ones.

    Raises ParameterError for a file that cannot be read, an unknown table or key, or a bad value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"--params {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise ParameterError(f"--params {path}: not TOML ({error})") from None
    known = [*PipelineParams.model_fields, *RESERVED_TABLES]
    for table in content:
        if table not in known:
            raise ParameterError(f"{path}: unknown table [{table}]", did_you_mean(table, known))
    for table, (kind, called) in RESERVED_TABLES.items():
        if not isinstance(content.get(table, kind()), kind):
            raise ParameterError(f"{path}: {table} must be {called} (got {content[table]!r})")
    stages = {table: value for table, value in content.items() if table in PipelineParams.model_fields}
    try:
        PipelineParams.model_validate(stages)
    except ValidationError as error:
        raise explain_validation(
            error, PipelineParams, lambda location, _: f"{path}: {'.'.join(location)}"
        ) from None
    return stages, {table: value for table, value in content.items() if table not in stages}
