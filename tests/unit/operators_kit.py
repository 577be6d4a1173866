"""Results of runs and real containers for tests of the operators' commands."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from azure.storage.blob import ContainerClient
from typer.testing import CliRunner, Result

from sync_core.cli.app import app
from sync_core.cli.runs.records import Records
from sync_core.guards.decision_store import DecisionStore
from sync_core.landing.reading import Landing
from sync_core.model.documents import FileRecord, MessageCounts, RunResult, TargetReference
from sync_core.model.holds import Hold, Trip
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.results import paths

FEED = "northwind"
RUN, NEWER = "20261128T020000Z-aaaaaaaaaaaa", "20261129T020000Z-bbbbbbbbbbbb"
GENERATION = "a" * 64
AT = "2026-11-28T02:10:00.000Z"
TRIP = Trip(
    guard="removed",
    count=250,
    of=500,
    kind="student",
    sentence="Missing from this export: 250 of 500 students (limit: 10 %, and at least 20).",
    advice="Check whether the export is complete.",
)
SIGNED = ("--by", "Ann Lee", "--reason", "North School has closed.")


def run_result(
    outcome: Outcome = Outcome.HELD,
    run: str = RUN,
    files: Sequence[FileRecord] = (),
    **changes: Any,
) -> RunResult:
    """The result of a run that was held, unless another outcome is named."""
    facts = OUTCOMES[outcome]
    hold = Hold(feed=FEED, run=run, generation=GENERATION, trips=(TRIP,), held_at=AT)
    usual = RunResult(
        feed=FEED,
        run=run,
        generation=GENERATION,
        outcome=outcome,
        severity=facts.severity,
        summary=facts.meaning,
        action=facts.action,
        sent=False,
        target=TargetReference(kind="classic", id="p"),
        format="sds-v1",
        held=hold if outcome is Outcome.HELD else None,
        files=tuple(files),
        counts=MessageCounts(),
        messages=f"{FEED}/{run}/messages.jsonl",
        steps=(),
        landed_at=AT,
        started_at=AT,
        ended_at=AT,
    )
    return msgspec.structs.replace(usual, **changes)


class Operator:
    """The containers of one account, and the commands of an operator who has its key."""

    def __init__(
        self,
        connection: str,
        landing: ContainerClient,
        results: ContainerClient,
        decisions: ContainerClient,
    ) -> None:
        self.landing, self.results = landing, results
        self.decision_container = decisions
        self.decisions = DecisionStore(decisions)
        self.records = Records(landing, results, decisions)
        self.environment = {
            "COLUMNS": "300",
            "SIS_STORAGE": connection,
            "SIS_LANDING_CONTAINER": str(landing.container_name),
            "SIS_RESULTS_CONTAINER": str(results.container_name),
            "SIS_DECISIONS_CONTAINER": str(decisions.container_name),
        }

    def records_with(self, landing: Any) -> Records:
        """The records with a stand-in for the landing container."""
        return Records(landing, self.results, self.decision_container)

    def land(self, folder: str = "", **files: str) -> tuple[FileRecord, ...]:
        """Deliver files, named without .csv, and return how a result names them."""
        for name, text in files.items():
            self.landing.upload_blob(f"{FEED}/{folder}{name}.csv", text, overwrite=True)
        there = {blob.name: blob for blob in Landing(self.landing).listing(FEED)}
        blobs = [there[f"{FEED}/{folder}{name}.csv"] for name in files]
        return tuple(
            FileRecord(name=blob.file_name, blob=blob.name, etag=blob.etag, size=blob.size)
            for blob in blobs
        )

    def has_run(self, result: RunResult) -> RunResult:
        """Store a result as the app does."""
        data = msgspec.json.encode(result)
        for name in (paths.result(result), paths.latest(result.feed)):
            self.results.upload_blob(name, data, overwrite=True)
        return result

    def call(self, command: str, *words: str) -> Result:
        """Run `sis-sync` with these words."""
        return CliRunner(env=self.environment).invoke(app, [command, *words])

    def called_json(self, command: str, *words: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.call(command, *words, "--json").stdout)
