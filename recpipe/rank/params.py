"""Parameters of the stage `rank`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Enabled = Literal["auto", "yes", "no"]
Generator = Literal["tower", "repeats", "own", "covisited", "ease", "popular", "categories"]


class RankParams(BaseModel):
    """The second stage: where candidates come from, and how they are put into order."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    enabled: Enabled = "auto"
    """Whether a second stage orders candidates; auto: where the validation part says that it is better."""
    seen: Literal["exclude", "allow"] = "exclude"
    """May the lists that it is trained for hold what the user had? As evaluate.seen and recommend.seen."""
    generators: list[Generator] = [
        "tower",
        "repeats",
        "own",
        "covisited",
        "ease",
        "popular",
        "categories",
    ]
    """Where candidates come from, and whose scores and ranks the ranker reads."""
    candidates: int = Field(200, ge=10, le=2000)
    """How many items each generator names for a user."""
    rounds: int = Field(150, ge=1, le=5000)
    """Trees of one seed at most; how many is chosen on the validation part."""
    leaves: int = Field(15, ge=2, le=255)
    """Leaves of a tree."""
    learning_rate: float = Field(0.05, gt=0, le=1)
    """What each tree adds."""
    seeds: int = Field(3, ge=1, le=20)
    """Rankers that are trained and averaged; one scatters by some percent."""
    negatives: int = Field(100, ge=1, le=5000)
    """Candidates of a user, of those that were not taken, that the ranker learns from."""
    max_users: int = Field(5000, ge=10, le=1_000_000)
    """Users that it is trained and judged on at most."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    """Same snapshot, model, parameters and seed: same ranker."""

    @field_validator("generators")
    @classmethod
    def _has_some_once(cls, generators: list[str]) -> list[str]:
        if not generators or len(set(generators)) < len(generators):
            raise ValueError("name at least one generator, and each once")
        return generators
