"""Targets of the simulator whose answers depend on the number of polls, and never on the time."""

from typing import Any

from local.graph.documents import Step
from sync_core.targets.permissions import PERMISSIONS
from tests.e2e.conftest import Pipeline

STARTS = {"classic": "start", "industry-data": "runs_start"}
"""The operation that starts a sync, by target."""

PREPARING = 3
"""Polls of a target that is being prepared, as many as in the demonstration."""

INDUSTRY_DATA_ROLES = [permission.name for permission in PERMISSIONS["industry-data"]]


def target(pipeline: Pipeline, kind: str, state: str) -> dict[str, Any]:
    """A feed's fields for a new target: `ready` at once, or `prepared` after a few polls."""
    busy = 0 if state == "ready" else 1

    def script(waiting: str, polls: int, done: str) -> Any:
        return [Step(waiting, polls=polls), done] if polls else [done]

    if kind == "classic":
        profile = pipeline.graph.create_profile(
            states=script("provisioning", busy * PREPARING, "provisioned"),
            sync=script("inProgress", 2 * busy, "success"),
        )
        return {"target": kind, "profileId": profile}
    pipeline.graph.change_identity(roles=INDUSTRY_DATA_ROLES)
    pipeline.graph.change_runs(
        operation=script("running", busy, "succeeded"), run=script("running", 2 * busy, "completed")
    )
    flow, _ = pipeline.graph.create_inbound_flow(
        file_format="schoolDataSyncV1",
        readiness=script("notReady", busy * PREPARING, "ready"),
        validation=script("running", busy, "succeeded"),
    )
    return {"target": kind, "inboundFlowId": flow}
