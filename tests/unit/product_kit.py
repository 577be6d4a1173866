"""Settings, exports and a target for tests of the product, all of them small and clean."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from azure.storage.blob import ContainerClient

from sync_core.activities import Services, publish_result
from sync_core.activities.activity import Activity
from sync_core.formats import format_named
from sync_core.landing import FileSet, PinnedFile, find_exports, pinned_set
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
"""The six files of a class set, without a fault."""


def feed_setting(name: str = "northwind", **fields: Any) -> dict[str, Any]:
    """One feed as SIS_FEEDS has it."""
    return {"name": name, "target": "classic", "profileId": PROFILE, **fields}


def environment(*feeds: Mapping[str, Any], **variables: str) -> dict[str, str]:
    """Everything that the program needs to start, with these feeds and variables."""
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
    """A file set that need not be anywhere."""
    files = tuple(
        PinnedFile(name=name, blob=f"{feed}/{name}", etag=etag, size=len(text))
        for name, text in EXPORT.items()
    )
    return FileSet(feed=feed, folder="", landed_at=landed_at, files=files)


class ScriptedTarget:
    """A target that answers as a test has told it to, and remembers what it was asked.

    A queued exception is raised, a queued callable is called; the last answer is given again.
    """

    kind = "classic"
    id = PROFILE

    def __init__(self, **answers: Iterable[Any]) -> None:
        self.calls: list[str] = []
        self.uploaded: dict[str, bytes] = {}
        self.before: Mapping[str, Any] | None = None
        self.under_way: float | None = None
        self._answers: dict[str, list[Any]] = {}
        self.tell(**answers)

    def tell(self, **answers: Iterable[Any]) -> None:
        """What it is to answer from now on, by verb."""
        self._answers |= {verb: list(given) for verb, given in answers.items()}

    def readiness(self) -> Readiness:
        return self._next("readiness", Readiness("ready", "The profile's state is provisioned."))

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        for file in files:
            self.uploaded[file.name] = b"".join(file.chunks())
            log.done(file.name)
        self._next("upload", None)

    def verify(self) -> str | None:
        return self._next("verify", None)

    def verification(self, operation: str) -> Verification:
        return self._next("verification", Verification(state="verified"))

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

    def _next(self, verb: str, usual: T) -> T:
        self.calls.append(verb)
        given = self._answers.get(verb, [])
        answer = (given.pop(0) if len(given) > 1 else given[0]) if given else usual
        if isinstance(answer, Exception):
            raise answer
        told: T = answer() if callable(answer) else answer
        return told


class InMemoryUploadLog:
    """A log of an upload that is kept nowhere."""

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
    """A feed with its containers and its target, and the clock that its steps are asked by.

    The clock stands a thousand seconds behind the newest file, so that what has landed is still.
    """

    def __init__(
        self,
        connection: str,
        landing: ContainerClient,
        results: ContainerClient,
        **feed: Any,
    ) -> None:
        self.target = ScriptedTarget()
        self.landing = landing
        self.results = results
        self.emitted: list[Any] = []
        self.queue_is_down = False
        self.settings = settings_of(
            feed_setting(**feed),
            SIS_STORAGE=connection,
            SIS_LANDING_CONTAINER=landing.container_name,
            SIS_RESULTS_CONTAINER=results.container_name,
        )
        self.services = Services(self.settings, lambda feed, settings: self.target)

    def land(self, folder: str = "", files: Mapping[str, str | bytes] = EXPORT) -> None:
        for name, data in files.items():
            self.landing.upload_blob(f"northwind/{folder}{name}", data, overwrite=True)

    def newest(self) -> float:
        """When the newest file landed."""
        return max(
            (blob.modified for blob in self.services.landing.listing("northwind")), default=0.0
        )

    def landed_set(self, folder: str = "") -> FileSet:
        """The file set in a folder, pinned as it is now."""
        found = find_exports(
            "northwind", self.services.landing.listing("northwind"), format_named("sds-v1")
        )
        return next(pinned_set(export) for export in found if export.folder == folder)

    def ask(
        self,
        step: Activity,
        *,
        files: FileSet | None = None,
        after: float = 0.0,
        polls: int = 0,
        now: float | None = None,
    ) -> Answer:
        """Ask a step; `after` is how many seconds ago it was first asked."""
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
    ) -> Answer:
        publication = Publication(
            feed="northwind",
            since=now - after,
            now=now,
            breakdowns=breakdowns,
            files=files,
            verdict=verdict,
            started_at=now - 60,
        )
        return publish_result(self.services, publication, self._emit)

    def kept(self, name: str) -> Any:
        """A JSON blob of the results container."""
        return json.loads(self.results.download_blob(name).readall())

    def _emit(self, message: str) -> None:
        if self.queue_is_down:
            raise ConnectionError("The queue is down.")
        self.emitted.append(json.loads(message))
