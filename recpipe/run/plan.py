"""What one run is to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.notebooks import TIMEOUT_MINUTES
from recpipe.run.own_stages import OwnStage
from recpipe.run.stages import STAGES


@dataclass(frozen=True)
class Plan:
    """The `stages` in their order, and all that they run with.

    `notebooks` is the folder of the notebooks (empty: the shipped ones); `timeout_minutes` by stage; `own`
    describes the stages that are the user's.
    """

    stages: Sequence[str] = tuple(STAGES)
    params: PipelineParams = field(default_factory=PipelineParams)
    notebooks: str = ""
    timeout_minutes: Mapping[str, float] = field(default_factory=dict)
    own: Sequence[OwnStage] = ()

    def checked(self, workspace: Workspace) -> "Plan":
        """Return the plan with the remembered source filled in. Raises as `preflight` does."""
        known = [*STAGES, *(stage.name for stage in self.own)]
        for stage in self.timeout_minutes:
            if stage not in known:
                raise ParameterError(
                    f"notebooks.timeout_minutes: there is no stage {stage!r}",
                    f"Known are: {', '.join(known)}.",
                )
        from recpipe.run.preflight import preflight

        params = preflight(self.params, workspace, self.stages, self.notebooks, self.own)
        return replace(self, params=params)

    def minutes_of(self, stage: str) -> float:
        """Return how long `stage` may take."""
        return self.timeout_minutes.get(stage, TIMEOUT_MINUTES)

    def own_stage(self, name: str) -> OwnStage | None:
        """Return the stage of that name if it is one of the user's."""
        return next((stage for stage in self.own if stage.name == name), None)
