"""The parameters of the whole pipeline: the five wings' parameters, composed."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from recpipe.collect.params import CollectParams
    from recpipe.evaluate.params import EvaluateParams
    from recpipe.features.params import FeaturesParams
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
    EvaluateParams = _load("evaluate").EvaluateParams
    RecommendParams = _load("recommend").RecommendParams

__all__ = [
    "CollectParams",
    "EvaluateParams",
    "FeaturesParams",
    "PipelineParams",
    "RecommendParams",
    "TrainParams",
    "describe_params",
]


class PipelineParams(BaseModel):
    """Everything that can be set, grouped by stage."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    collect: CollectParams = CollectParams()
    """Where the events come from and how they are read."""

    features: FeaturesParams = FeaturesParams()
    """How the snapshot is made and split."""

    train: TrainParams = TrainParams()
    """The model and how it learns."""

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
                    "bounds": _bounds(field.metadata),
                    "default": field.get_default(call_default_factory=True),
                    "meaning": " ".join((field.description or "").split()),
                }
            )
    return rows


def _type_name(annotation: Any) -> str:
    choices = getattr(annotation, "__args__", ())
    if getattr(annotation, "__origin__", None) is not None and all(
        isinstance(choice, str) for choice in choices
    ):
        return " | ".join(choice or '""' for choice in choices)
    return annotation.__name__ if isinstance(annotation, type) and not choices else str(annotation)


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def _bounds(metadata: list[Any]) -> str:
    found = [
        (sign, getattr(part, word))
        for part in metadata
        for word, sign in _SIGNS.items()
        if hasattr(part, word)
    ]
    return ", ".join(f"{sign} {value:,}" for sign, value in found)
