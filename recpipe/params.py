"""The parameters of the whole pipeline: the six wings' parameters, composed."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from recpipe.collect.params import CollectParams
    from recpipe.evaluate.params import EvaluateParams
    from recpipe.features.params import FeaturesParams
    from recpipe.rank.params import RankParams
    from recpipe.recommend.params import RecommendParams
    from recpipe.train.params import TrainParams
else:

    def _load(wing: str) -> ModuleType:
        """Import a wing's params.py, but not the wing: it would bring TensorFlow and DuckDB with it.

        `recpipe --help`, the Prefect server's form and every kernel need the parameters of all wings,
        and none but one of the wings.
        """
        name = f"recpipe.{wing}.params"
        if name not in sys.modules:
            spec = spec_from_file_location(name, Path(__file__).parent / wing / "params.py")
            sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
        return sys.modules[name]

    CollectParams = _load("collect").CollectParams
    FeaturesParams = _load("features").FeaturesParams
    TrainParams = _load("train").TrainParams
    RankParams = _load("rank").RankParams
    EvaluateParams = _load("evaluate").EvaluateParams
    RecommendParams = _load("recommend").RecommendParams

__all__ = [
    "CollectParams",
    "EvaluateParams",
    "FeaturesParams",
    "PipelineParams",
    "RankParams",
    "RecommendParams",
    "TrainParams",
    "describe_params",
]


class PipelineParams(BaseModel):
    """Everything that can be set, grouped by stage."""

    # what is wrong may hold a secret
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    collect: CollectParams = CollectParams()
    """Where the events come from and how they are read."""

    features: FeaturesParams = FeaturesParams()
    """How the snapshot is made and split."""

    train: TrainParams = TrainParams()
    """The model and how it learns."""

    rank: RankParams = RankParams()
    """The second stage: where candidates come from, and how they are put into order."""

    evaluate: EvaluateParams = EvaluateParams()
    """How models are measured and when one is promoted."""

    recommend: RecommendParams = RecommendParams()
    """What the lists hold."""


def describe_params() -> list[dict[str, Any]]:
    """Return every parameter with its `name` (stage.field), `type`, `bounds`, `default` and `meaning`."""
    rows = []
    for stage, group in PipelineParams():
        for name, field in type(group).model_fields.items():
            rows.append(
                {
                    "name": f"{stage}.{name}",
                    "type": _type_name(field.annotation),
                    "bounds": _bounds(_limits(field)),
                    "default": field.get_default(call_default_factory=True),
                    "meaning": " ".join((field.description or "").split()),
                }
            )
    return rows


def _type_name(annotation: Any) -> str:
    """Name what a parameter may be: its choices, or its type; `int | auto` for one that may be either."""
    if get_origin(annotation) is Literal:
        return " | ".join(str(choice) or '""' for choice in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return _type_name(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return " | ".join(_type_name(each) for each in get_args(annotation))
    return (
        annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    )


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def _limits(field: FieldInfo) -> list[Any]:
    """What bounds a parameter, wherever its type says so: in the field, or in a part of a union."""
    parts = [get_args(each)[1:] for each in get_args(field.annotation) if get_origin(each) is Annotated]
    inner = [limit for part in parts for info in part for limit in getattr(info, "metadata", [info])]
    return [*field.metadata, *inner]


def _bounds(metadata: list[Any]) -> str:
    found = [
        (sign, getattr(part, word))
        for part in metadata
        for word, sign in _SIGNS.items()
        if hasattr(part, word)
    ]
    return ", ".join(f"{sign} {value:,}" for sign, value in found)
