"""The bounds that rows are held against when they are read; what lies outside goes to the quarantine."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recpipe.collect.params import CollectParams


@dataclass(frozen=True)
class Rules:
    """Bounds of usable events; see the parameters of the same names."""

    earliest: str
    future_hours: float
    value_limit: float
    known_types: tuple[str, ...]
    keep_days: int

    @classmethod
    def of(cls, params: CollectParams) -> "Rules":
        """Take them from the stage's parameters."""
        return cls(
            params.earliest,
            params.future_hours,
            params.value_limit,
            tuple(params.known_types),
            params.keep_days,
        )

    def bound(self) -> dict[str, Any]:
        """Return what rules.sql binds."""
        return {
            "earliest": self.earliest,
            "latest": _now() + timedelta(hours=self.future_hours),
            "value_limit": self.value_limit,
            "known_types": list(self.known_types),
        }

    def oldest(self) -> datetime | None:
        """Return the time (UTC) before which events are not kept, None if all are."""
        return _now() - timedelta(days=self.keep_days) if self.keep_days else None

    def ways(self) -> dict[str, Any]:
        """Return what decides the outcome of reading a file: with other bounds it is read again."""
        return asdict(self)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
