"""A small clean export, settings, a scripted target and a harness for tests of the activities.

The harness and the file sets use one fixed feed, `northwind`, so their tests cannot notice a feed's
name in the wrong place. The end-to-end tests use unique names.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.activities import Services, publish_result
from sync_core.activities.activity import Activity
from sync_core.formats import format_named
from sync_core.landing import FileSet, PinnedFile, find_exports, pinned_set
from sync_core.model.documents import Step, TargetReference
from sync_core.model.feeds import Settings, load_settings
from sync_core.orchestration.steps import Answer, Publication, Question, Verdict
from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
    Verification,
)

T = TypeVar("T")

PROFILE = "86904b1e-c7d0-4ead-b13a-98f11fc400ee"

EXPORT: Mapping[str, str] = {
    "school.csv": "SIS ID,Name\nN,North\n",
    "section.csv": "SIS ID,School SIS ID,Section Name\nc1,N,Maths\n",
    "student.csv": "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,bob\n",
    "studentenrollment.csv": "Section SIS ID,SIS ID\nc1,s1\nc1,s2\n",
    "teacher.csv": "SIS ID,School SIS ID,Username\nt1,N,cleo\n",
    "teacherroster.csv": "Section SIS ID,SIS ID\nc1,t1\n",
}
"""The six files of a set with classes, without a fault."""


def feed_setting(name: str = "northwind", **fields: Any) -> dict[str, Any]:
    """One feed in the form of SIS_FEEDS; named `northwind` by default."""
    return {"name": name, "target": "classic", "profileId": PROFILE, **fields}


def environment(*feeds: Mapping[str, Any], **variables: str) -> dict[str, str]:
    """The environment variables that the app needs, with these feeds and variables."""
    return {
        "SIS_FEEDS": json.dumps(feeds or [feed_setting()]),
        "SIS_STORAGE": "UseDevelopmentStorage=true",
        "SIS_LANDING_CONTAINER": "sis-landing",
        "SIS_RESULTS_CONTAINER": "sis-results",
        "SIS_RESULTS_QUEUE": "sync-results",
        **variables,
    }


def settings_of(*feeds: Mapping[str, Any], **variables: str) -> Settings:
    return load_settings(environment(*feeds, **variables))


def file_set(feed: str = "northwind", etag: str = '"1"', landed_at: float = 1_000.0) -> FileSet:
    """A file set of EXPORT whose blobs do not have to exist."""
    files = tuple(
        PinnedFile(name=name, blob=f"{feed}/{name}", etag=etag, size=len(text))
        for name, text in EXPORT.items()
    )
    return FileSet(feed=feed, folder="", landed_at=landed_at, files=files)


class ScriptedTarget:
    """A target that gives scripted answers and records the calls.

    The answers of a method are given in turn, the last one repeatedly; without a script the method
    succeeds. An exception is raised, and a callable is called for its answer.
    """

    kind = "classic"
    id = PROFILE

    def __init__(self, **answers: Iterable[Any]) -> None:
        self.calls: list[str] = []
        self.uploaded: dict[str, bytes] = {}
        self.before: Mapping[str, Any] | None = None
        self.under_way: float | None = None
        self._answers: dict[str, list[Any]] = {}
        self.will_answer(**answers)

    def will_answer(self, **answers: Iterable[Any]) -> None:
        """Set the answers of these methods from now on."""
        self._answers |= {method: list(given) for method, given in answers.items()}

    def readiness(self) -> Readiness:
        return self._next("readiness", Readiness("ready", "The profile's state is provisioned."))

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        for file in files:
            self.uploaded[file.name] = b"".join(file.chunks())
            log.done(file.name)
        self._next("upload", None)

    def before_start(self) -> dict[str, Any]:
        return self._next("before_start", {"status": "success"})

    def start(self) -> StartAnswer:
        return self._next("start", StartAnswer(started=True))

    def started(self, operation: str) -> StartAnswer:
        return self._next("started", StartAnswer(started=True))

    def evidence(self, before: Mapping[str, Any], under_way: float | None) -> StartAnswer | None:
        self.before, self.under_way = before, under_way
        return self._next("evidence", None)

    def progress(self, before: Mapping[str, Any]) -> Progress:
        self.before = before
        return self._next("progress", Progress(status="success", state="succeeded"))

    def _next(self, method: str, default: T) -> T:
        self.calls.append(method)
        given = self._answers.get(method, [])
        answer = (given.pop(0) if len(given) > 1 else given[0]) if given else default
        if isinstance(answer, Exception):
            raise answer
        result: T = answer() if callable(answer) else answer
        return result


class VerifyingTarget(ScriptedTarget):
    """The same, and it verifies an upload before the start."""

    def verify(self) -> str:
        return self._next("verify", "op-1")

    def verification(self, operation: str) -> Verification:
        return self._next("verification", Verification(state="verified"))


class InMemoryUploadLog:
    """The log of an upload, kept in memory only."""

    def __init__(self, place: str = "", *done: str) -> None:
        self.place = place
        self.files = list(done)

    def has(self, file: str) -> bool:
        return file in self.files

    def begin(self, place: str) -> None:
        self.place, self.files = place, []

    def done(self, file: str) -> None:
        self.files.append(file)


class ActivityHarness:
    """Runs activities for the feed `northwind` on real containers, with a scripted target.

    By default an activity runs at a fixed time, 1,000 seconds after the newest file has landed, so
    that the quiet period has passed. Tests of the quiet period pass `now`.
    """

    def __init__(
        self,
        connection: str,
        landing: ContainerClient,
        results: ContainerClient,
        decisions: ContainerClient,
        state: ContainerClient,
        **feed: Any,
    ) -> None:
        self.target = ScriptedTarget()
        self.landing = landing
        self.results = results
        self.decisions = decisions
        self.state = state
        self.storage_settings = {
            "SIS_STORAGE": connection,
            "SIS_LANDING_CONTAINER": landing.container_name,
            "SIS_RESULTS_CONTAINER": results.container_name,
            "SIS_DECISIONS_CONTAINER": decisions.container_name,
            "SIS_STATE_CONTAINER": state.container_name,
        }
        self.emitted: list[Any] = []
        self.queue_is_down = False
        self.settings = settings_of(feed_setting(**feed), **self.storage_settings)
        self.services = Services(self.settings, lambda feed, settings: self.target)

    def land(self, folder: str = "", files: Mapping[str, str | bytes] = EXPORT) -> None:
        """Upload files, in a later second than any before: storage keeps times in seconds, and
        the order of two exports of one second is not defined.
        """
        time.sleep(max(0.0, self.newest() + 1.0 - time.time()))
        for name, data in files.items():
            self.landing.upload_blob(f"northwind/{folder}{name}", data, overwrite=True)

    def newest(self) -> float:
        """When the newest file landed, in epoch seconds; 0 if there is none."""
        return max(
            (blob.modified for blob in self.services.landing.listing("northwind")), default=0.0
        )

    def landed_set(self, folder: str = "") -> FileSet:
        """The file set of a folder, pinned in its current state."""
        found = find_exports(
            "northwind", self.services.landing.listing("northwind"), format_named("sds-v1")
        )
        return next(pinned_set(export) for export in found if export.folder == folder)

    def upload_log(self, files: FileSet) -> UploadLog:
        """What is recorded of an upload to the feed's target."""
        reference = TargetReference(kind=self.target.kind, id=self.target.id)
        return self.services.upload_log(files, reference)

    def change_feed(self, **feed: Any) -> None:
        """Give the feed other settings, as if the app had been configured anew."""
        feeds = settings_of(feed_setting(**feed)).feeds
        self.settings = msgspec.structs.replace(self.settings, feeds=feeds)
        self.services = Services(self.settings, lambda feed, settings: self.target)

    def ask(
        self,
        step: Activity,
        *,
        files: FileSet | None = None,
        after: float = 0.0,
        polls: int = 0,
        now: float | None = None,
    ) -> Answer:
        """Run an activity; `after` is the number of seconds since the wait began."""
        at = self.newest() + 1_000.0 if now is None else now
        question = Question(feed="northwind", since=at - after, now=at, polls=polls, files=files)
        return step(self.services, question, self._emit)

    def publish(
        self,
        files: FileSet,
        verdict: Verdict,
        *,
        now: float = 3_000.0,
        after: float = 0.0,
        breakdowns: int = 0,
        steps: tuple[Step, ...] = (),
    ) -> Answer:
        publication = Publication(
            feed="northwind",
            since=now - after,
            now=now,
            breakdowns=breakdowns,
            files=files,
            verdict=verdict,
            steps=steps,
            started_at=now - 60,
        )
        return publish_result(self.services, publication, self._emit)

    def kept(self, name: str) -> Any:
        """A JSON document of the results container."""
        return json.loads(self.results.download_blob(name).readall())

    def _emit(self, message: str) -> None:
        if self.queue_is_down:
            raise ConnectionError("The queue is down.")
        self.emitted.append(json.loads(message))
