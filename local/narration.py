"""What happens in the local cloud, told line by line as it happens.

On a terminal in colour; elsewhere, or with NO_COLOR, plain text without control characters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

Json = Mapping[str, Any]

DONE: dict[str, tuple[str, str]] = {
    "gather": ("complete", "every file is there, and none has changed for the quiet period"),
    "validate": ("validated", "every row was checked against the format"),
    "ready": ("ready", "the sync target takes uploads"),
    "upload": ("uploaded", "to the address that School Data Sync gave out"),
    "verify": ("verified", "School Data Sync accepted the files"),
    "publish": ("published", "the result blob first, then the queue message"),
    "follow": ("finished", "School Data Sync reports that the sync is complete"),
}
"""A step that is done: the word for it, and what it means."""

ENDED: dict[str, str] = {
    "gather": "the missing files did not land in time",
    "validate": "the files break the format's rules; nothing was uploaded",
    "ready": "the sync target will not become ready",
    "upload": "the upload was given up",
    "verify": "School Data Sync finds errors in the files",
    "start": "the start was sent, once at most",
    "follow": "the sync was still running when the app stopped watching it",
}
"""A step that ended the run."""

DRY_RUN: dict[str, tuple[str, str]] = {
    "ready": ("ready", "a dry run asks no sync target: nothing was sent"),
    "upload": ("read", "every file was read to its end; nothing was sent"),
    "start": ("dry run", "no sync was started: nothing was sent"),
}
"""The same of a dry run, where it differs."""

COLOURS = {"info": "green", "warning": "yellow", "error": "red", "critical": "bold red"}
WEIGHTS = {"Error": 0, "Warning": 1, "Information": 2}
FIRST_MESSAGES = 12
FIRST_ROWS = 6


class Narrator:
    """Tells what the durable engine of a host does, from the events that the engine writes.

    `dry_run`: whether the feed that it tells of is one.
    """

    def __init__(self, console: Console, *, dry_run: bool = False) -> None:
        self._console = console
        self._dry_run = DRY_RUN if dry_run else {}
        self._reasons: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._last: Json = {}

    @property
    def waiting_for(self) -> str:
        """What the app did or waited for when it last told, in a sentence."""
        if not self._last:
            return "The app has not started a run."
        if reason := self._last.get("reason"):
            return f"The app was in the step {self._last['step']}: {reason}"
        return f"The app was in the step {self._last['step']}."

    def say(self, word: str, text: str, *, took: float | None = None, style: str = "cyan") -> None:
        """One line: what happened, in words, and how long it took."""
        time = "" if took is None else f" [dim]({took:.1f} s)[/]"
        line = f"  [{style}]{word:<10}[/] {escape(text)}{time}"
        self._console.print(line, soft_wrap=True)

    def tell(self, event: Json) -> None:
        """The lines of one event, if it has any."""
        instance = event["instanceId"]
        match event["kind"]:
            case "orchestration_started" | "orchestration_continued":
                self._told[instance] = 0
            case "status_set":
                self._tell_status(instance, json.loads(event["detail"]))
            case "timer_set":
                at = datetime.fromisoformat(event["at"])
                pause = (datetime.fromisoformat(event["detail"]) - at).total_seconds()
                reason = self._reasons.get(instance, "")
                self.say("waiting", f"{reason} Next look in {pause:.1f} s.", style="dim")

    def _tell_status(self, instance: str, status: Json) -> None:
        """The steps that are done since the last status."""
        self._last = status
        self._reasons[instance] = status.get("reason", "")
        if "passed" not in status:
            return
        for step in status["passed"][self._told.get(instance, 0) :]:
            self._tell_step(step, status["outcome"])
        self._told[instance] = len(status["passed"])

    def _tell_step(self, passed: Json, outcome: str | None) -> None:
        step, took = passed["step"], passed["seconds"]
        if passed["ended"]:
            _, text = self._dry_run.get(step, ("", ENDED[step]))
            self.say((outcome or "ended").replace("_", " "), text, took=took)
        else:
            word, text = self._dry_run.get(step) or DONE[step]
            self.say(word, text, took=took, style="green")


def appended(path: Path) -> Iterator[list[Json]]:
    """The new JSON lines of a growing file, each time it is asked."""
    position = 0
    while True:
        lines: list[Json] = []
        if path.exists():
            with path.open(encoding="utf-8") as file:
                file.seek(position)
                while (line := file.readline()).endswith("\n"):
                    lines.append(json.loads(line))
                    position = file.tell()
        yield lines


def print_verdict(console: Console, result: Json) -> None:
    """The outcome, what it means and what to do: first what the reader needs first."""
    style = COLOURS[result["severity"]]
    word = str(result["outcome"]).replace("_", " ").upper()
    console.print(f"\n[{style}]{word}[/]  {escape(result['summary'])}", soft_wrap=True)
    console.print(escape(result["action"]), soft_wrap=True)
    error = result["error"]
    if error and error["message"] != result["summary"]:
        console.print(escape(f"{error['message']} [{error['code']}]"), soft_wrap=True)


def print_messages(console: Console, messages: Sequence[Json]) -> None:
    """The first messages as a table: where, which lines, what, and by which rule."""
    if not messages:
        return
    plain = not console.is_terminal
    table = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAD, title_justify="left")
    for heading in ("", "File", "Lines", "What", "Rule"):
        table.add_column(heading, overflow="fold")
    heaviest_first = sorted(messages, key=lambda message: WEIGHTS.get(message["type"], 0))
    for message in heaviest_first[:FIRST_MESSAGES]:
        table.add_row(
            message["type"],
            message["fileName"],
            _rows(message),
            escape(message["description"]),
            message.get("rule", "the service's"),
        )
    console.print(table)
    if len(messages) > FIRST_MESSAGES:
        console.print(f"... and {len(messages) - FIRST_MESSAGES} more in messages.jsonl")


def _rows(message: Json) -> str:
    rows = message.get("rows", [])
    more = message.get("count", 0) - len(rows[:FIRST_ROWS])
    text = ", ".join(map(str, rows[:FIRST_ROWS]))
    return f"{text} (+{more})" if rows and more > 0 else text
