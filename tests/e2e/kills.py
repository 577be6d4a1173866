"""Points at which a host is killed or frozen, by target, and the fixed sample of `make test`.

The form of a point is that of `local.host.crash`.
"""

from collections.abc import Sequence

AROUND = ("before", "after", "recorded")
"""Points around every activity."""

INSIDE = {
    "classic": [
        "gather_file_set:return:Landing.listing",
        "validate_file_set:call:Landing.chunks#3",
        "validate_file_set:return:ResultsStore.write",
        "validate_file_set:return:BaselineStore.propose",
        "compare_with_baseline:return:ResultsStore.write",
        "check_readiness:return:GraphClient.send",
        "upload_file_set:return:GraphClient.send",
        "upload_file_set:return:_upload_blob#3",
        "upload_file_set:return:UploadLog._keep#2",
        "start_sync:return:Classic.before_start",
        "start_sync:return:ResultsStore.create",
        "start_sync:call:Classic.start",
        "start_sync:return:Classic.start",
        "start_sync:call:StartOnce._keep",
        "start_sync:return:StartOnce._keep",
        "publish_result:return:ResultsStore.write",
        "publish_result:return:ResultsStore.create",
        "publish_result:return:_update_latest",
        "publish_result:return:BaselineStore.confirm",
        "check_progress:return:Classic.progress",
        "check_progress:return:ResultsStore.create",
    ],
    "industry-data": [
        "check_readiness:return:GraphClient.send",
        "upload_file_set:return:GraphClient.send",
        "upload_file_set:return:UploadLog._keep",
        "upload_file_set:return:UploadLog._keep#3",
        "verify_upload:call:IndustryData.verify",
        "verify_upload:return:IndustryData.verify",
        "verify_upload:return:VerifyOnce._keep",
        "verify_upload:return:VerifyOnce._keep#2",
        "start_sync:return:IndustryData.before_start",
        "start_sync:return:ResultsStore.create",
        "start_sync:call:IndustryData.start",
        "start_sync:return:IndustryData.start",
        "start_sync:call:StartOnce._keep",
        "start_sync:return:StartOnce._keep",
        "check_progress:return:IndustryData.progress",
    ],
}
"""Points in the middle of an activity: between two effects, and before the effect is recorded."""

NEVER_SENT = {
    "start_sync:return:ResultsStore.create",
    "start_sync:call:Classic.start",
    "start_sync:call:IndustryData.start",
}
"""Between the claim of the start and its request: no request went out, and nobody can know that."""


def _with_the_start(kind: str, *others: str) -> frozenset[str]:
    start: Sequence[str] = [point for point in INSIDE[kind] if point.startswith("start_sync:")]
    return frozenset([*start, *others])


SAMPLE = {
    "classic": _with_the_start(
        "classic",
        "gather_file_set:before",
        "validate_file_set:return:ResultsStore.write",
        "compare_with_baseline:return:ResultsStore.write",
        "check_readiness:after",
        "upload_file_set:return:UploadLog._keep#2",
        "start_sync:recorded",
        "publish_result:return:ResultsStore.create",
        "check_progress:return:ResultsStore.create",
    ),
    "industry-data": _with_the_start(
        "industry-data",
        "check_readiness:return:GraphClient.send",
        "upload_file_set:return:UploadLog._keep#3",
        "verify_upload:return:VerifyOnce._keep",
        "start_sync:after",
        "check_progress:recorded",
    ),
}
"""The points of `make test`: every step once on each target that implements it, and all of the
start. The steps that the targets share are killed on the classic one."""

SHARED = frozenset(
    {"gather_file_set", "validate_file_set", "compare_with_baseline", "publish_result"}
)
"""The steps that are the same code on every target."""

HELD = [
    "gather_file_set:recorded",
    "validate_file_set:return:BaselineStore.propose",
    "compare_with_baseline:return:ResultsStore.write",
    "compare_with_baseline:recorded",
    "publish_result:return:ResultsStore.create",
    "publish_result:return:_update_latest",
]
"""Points of a run that is held, and of the run after its approval too."""

APPROVED = [
    *HELD,
    "upload_file_set:after",
    "start_sync:return:ResultsStore.create",
    "start_sync:return:Classic.start",
    "start_sync:recorded",
    "publish_result:return:BaselineStore.confirm",
]
"""Points of an approved run."""

APPROVED_SAMPLE = frozenset(
    {"compare_with_baseline:return:ResultsStore.write", "start_sync:return:Classic.start"}
)

FROZEN_SAMPLE = {
    "classic": frozenset(
        {
            "upload_file_set:return:_upload_blob#3",
            "start_sync:return:ResultsStore.create",
            "start_sync:call:Classic.start",
            "start_sync:return:Classic.start",
            "publish_result:return:ResultsStore.create",
        }
    ),
    "industry-data": frozenset(
        {
            "upload_file_set:return:UploadLog._keep",
            "verify_upload:return:IndustryData.verify",
            "start_sync:return:ResultsStore.create",
            "start_sync:call:IndustryData.start",
            "start_sync:return:IndustryData.start",
        }
    ),
}
"""The points of `make test` at which an activity is frozen: around each effect on the service."""
