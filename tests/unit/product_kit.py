"""Settings, exports and a target for tests of the product, all of them small and clean."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sync_core.feeds import Settings, load_settings
from sync_core.landing import FileSet, PinnedFile
from sync_core.targets import Progress, Readiness, StartAnswer, UploadFile

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
    return FileSet(feed=feed, place="", landed_at=landed_at, files=files)


class RecordedTarget:
    """A target that answers as a test has told it to, and remembers what it was asked.

    A queued exception is raised, a queued callable is called; the last answer is given again.
    """

    kind = "classic"
    id = PROFILE
    required_groups = frozenset({"classes"})

    def __init__(self, **answers: Iterable[Any]) -> None:
        self.calls: list[str] = []
        self.uploaded: dict[str, bytes] = {}
        self._answers = {verb: list(given) for verb, given in answers.items()}

    def readiness(self) -> Readiness:
        return self._next("readiness", Readiness("ready", "The profile's state is provisioned."))

    def upload(self, files: Iterable[UploadFile]) -> None:
        for file in files:
            self.uploaded[file.name] = b"".join(file.chunks())
        self._next("upload", None)

    def before_start(self) -> dict[str, Any]:
        return self._next("before_start", {"status": "success"})

    def start(self) -> StartAnswer:
        return self._next("start", StartAnswer(started=True))

    def evidence(self, before: Mapping[str, Any]) -> StartAnswer | None:
        return self._next("evidence", None)

    def progress(self, before: Mapping[str, Any]) -> Progress:
        return self._next("progress", Progress(status="success", state="succeeded"))

    def _next(self, verb: str, usual: T) -> T:
        self.calls.append(verb)
        given = self._answers.get(verb, [])
        answer = (given.pop(0) if len(given) > 1 else given[0]) if given else usual
        if isinstance(answer, Exception):
            raise answer
        told: T = answer() if callable(answer) else answer
        return told
