"""The weight of each type of event: what was asked for against what there is."""

from collections.abc import Mapping, Sequence

from recpipe.core.errors import DataError


def resolve(weights: Mapping[str, float], event_types: Sequence[str]) -> list[float]:
    """The weight of each of `event_types`, in their order; a type that `weights` does not name has 1.

    Raises DataError naming types that do not occur, or if nothing is left that counts.

    >>> resolve({"purchase": 5, "return": -1}, ["purchase", "return", "view"])
    [5.0, -1.0, 1.0]
    """
    unknown = sorted(set(weights) - set(event_types))
    if unknown:
        raise DataError(
            f"features.event_weights names {', '.join(map(repr, unknown))}, but the events are of the types "
            f"{', '.join(map(repr, event_types))}",
            "Name types that occur, or leave them out: what is not named weighs 1.",
        )
    resolved = [float(weights.get(name, 1.0)) for name in event_types]
    if not any(weight > 0 for weight in resolved):
        raise DataError(
            "features.event_weights leaves no type of event above 0, so there is nothing to learn: "
            + ", ".join(f"{name!r} {weight:g}" for name, weight in zip(event_types, resolved, strict=True)),
            "Give at least one type that occurs a weight above 0.",
        )
    return resolved
