"""What the commands have in common: their options and where values come from."""

import os
import tomllib
from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from recpipe.cli.messages import did_you_mean, explain_validation
from recpipe.cli.own_stages import own_stages
from recpipe.cli.schedule import ScheduleOptions
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.workspace import Workspace, locate
from recpipe.params import (
    CollectParams,
    EvaluateParams,
    FeaturesParams,
    PipelineParams,
    RankParams,
    RecommendParams,
    TrainParams,
)
from recpipe.run.own_stages import OwnStage

RESERVED_TABLES: dict[str, tuple[type, str]] = {
    "schedule": (dict, "a table"),
    "notebooks": (dict, "a table"),
    "stages": (list, "an array of tables"),
}
"""Tables of the TOML file that are not stages, and what each must be."""

SHORT = {f"collect.{name}": name for name in ("source", "events", "items", "users")} | {
    f"schedule.{name}": name for name in ScheduleOptions.model_fields
}
"""Options that have a short form, and a variable, without the group's name."""


class Command(BaseSettings):
    """What every command is: options with values from the command line and the environment."""

    model_config = SettingsConfigDict(
        env_prefix="RECPIPE_",
        env_nested_delimiter="__",
        extra="forbid",
        use_attribute_docstrings=True,
        cli_exit_on_error=False,
        cli_avoid_json=True,
        cli_shortcuts=SHORT,
    )

    @abstractmethod
    def execute(self) -> int:
        """Do what the command is for and return its exit code."""


class WorkspaceOptions(Command):
    """Options of every command that works in a workspace."""

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


Minutes = Annotated[float, Field(gt=0)]


class NotebookOptions(BaseModel):
    """Which notebooks run."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    dir: str = ""
    """Folder of notebooks of yours, which run in the place of the shipped ones; or [notebooks] dir."""

    timeout_minutes: dict[str, Minutes] = {}
    """Stage -> minutes after which it is ended; a week if it is not named."""

    @field_validator("dir")
    @classmethod
    def _absolute(cls, path: str) -> str:
        """Make the path absolute while the working directory is still the caller's."""
        return str(Path(path).expanduser().absolute()) if path else ""


RESERVED: dict[str, type[BaseModel]] = {"schedule": ScheduleOptions, "notebooks": NotebookOptions}
"""What may stand in a reserved table."""


class FileOptions(WorkspaceOptions):
    """Options of every command that works with the notebooks.

    A value on the command line wins over the environment (RECPIPE_TRAIN__EPOCHS), that over the TOML
    file, that over the default.
    """

    params: str = ""
    """TOML file with a table for each stage, [notebooks], [schedule] and [[stages]]."""

    notebooks: NotebookOptions = NotebookOptions()

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
        short: dict[str, dict[str, str]] = {}
        for long, name in SHORT.items():
            group, _, field = long.partition(".")
            if group in settings_cls.model_fields and f"RECPIPE_{name.upper()}" in os.environ:
                short.setdefault(group, {})[field] = os.environ[f"RECPIPE_{name.upper()}"]
        return init_settings, env_settings, InitSettingsSource(settings_cls, short), TomlFile(settings_cls)


class PipelineOptions(FileOptions):
    """Options of every command that runs stages."""

    collect: CollectParams = CollectParams()
    features: FeaturesParams = FeaturesParams()
    train: TrainParams = TrainParams()
    rank: RankParams = RankParams()
    """The second stage: where candidates come from, and how they are put into order."""

    evaluate: EvaluateParams = EvaluateParams()
    recommend: RecommendParams = RecommendParams()

    def pipeline_params(self) -> PipelineParams:
        """Return the stages' parameters alone."""
        return PipelineParams(**{name: getattr(self, name) for name in PipelineParams.model_fields})

    def own_stages(self) -> list[OwnStage]:
        """Return the stages that the parameters file adds."""
        path = Path(self.params).expanduser()
        return own_stages(path, read_toml(path)) if self.params else []


class TomlFile(PydanticBaseSettingsSource):
    """The TOML file that `--params` (or RECPIPE_PARAMS) names, as a source of values."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing: the whole file is read at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the tables that are options. Raises ParameterError naming file, table and key."""
        path = self.current_state.get("params", "")
        tables = read_toml(Path(path).expanduser()) if path else {}
        return {table: value for table, value in tables.items() if table in self.settings_cls.model_fields}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file: its tables, all checked.

    Raises ParameterError for a file that cannot be read, an unknown table or key, or a bad value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"--params {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise ParameterError(f"--params {path}: not TOML ({error})") from None
    _check_reserved(path, content)
    own = [stage.name for stage in own_stages(path, content)]
    known = [*PipelineParams.model_fields, *RESERVED_TABLES, *own]
    for table in content:
        if table not in known:
            raise ParameterError(f"{path}: unknown table [{table}]", did_you_mean(table, known))
    try:
        PipelineParams.model_validate(
            {name: content[name] for name in content if name in PipelineParams.model_fields}
        )
    except ValidationError as error:
        raise explain_validation(
            error, PipelineParams, lambda location, _: f"{path}: {'.'.join(location)}"
        ) from None
    return content


def _check_reserved(path: Path, content: dict[str, Any]) -> None:
    for table, (kind, called) in RESERVED_TABLES.items():
        if not isinstance(content.get(table, kind()), kind):
            raise ParameterError(f"{path}: {table} must be {called} (got {content[table]!r})")
    for table, options in RESERVED.items():
        try:
            options.model_validate(content.get(table, {}))
        except ValidationError as error:
            raise explain_validation(error, options, partial(_place, path, table)) from None


def _place(path: Path, table: str, location: tuple[str, ...], value: Any) -> str:
    del value
    return f"{path}: {'.'.join((table, *location))}"
