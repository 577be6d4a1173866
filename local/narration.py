"""Prints what happens in the local cloud, line by line as it happens.

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

from sync_core.model.messages import lines_left_out

Json = Mapping[str, Any]

DONE: dict[str, tuple[str, str]] = {
    "gather": ("complete", "all files are here, and none has changed for the quiet period"),
    "validate": ("validated", "every row was checked against the format"),
    "guard": ("compared", "no guard stops the run"),
    "ready": ("ready", "the sync target accepts uploads"),
    "upload": ("uploaded", "to the address that School Data Sync returned"),
    "verify": ("verified", "School Data Sync accepted the files"),
    "publish": ("published", "the result blob first, then the queue message"),
    "follow": ("finished", "School Data Sync reports that the sync is complete"),
}
"""For each completed step, the word and the explanation that are shown."""

ENDED: dict[str, str] = {
    "gather": "not all files arrived before the deadline",
    "validate": "the files have errors; nothing was uploaded",
    "guard": "a guard stopped the run; nothing was uploaded",
    "ready": "the sync target is not ready; nothing was uploaded",
    "upload": "the upload failed; no sync was started",
    "verify": "School Data Sync found errors; no sync was started",
    "start": "the start request was sent, at most once",
    "follow": "the sync was still running when the app stopped watching it",
}
"""For each step that can end a run, the explanation."""

DRY_RUN: dict[str, tuple[str, str]] = {
    "ready": ("ready", "no sync target was asked: nothing was sent"),
    "upload": ("read", "every file was read completely; nothing was sent"),
    "start": ("dry run", "no sync was started: nothing was sent"),
}
"""The word and the explanation for a dry run, where they differ."""

COLOURS = {"info": "green", "warning": "yellow", "error": "red", "critical": "bold red"}
WEIGHTS = {"Error": 0, "Warning": 1, "Information": 2}
FIRST_MESSAGES = 12
FIRST_ROWS = 6


class Narrator:
    """Prints the progress of runs, from the events that the host's durable engine writes.

    `dry_run`: whether the feed is a dry run.
    """

    def __init__(self, console: Console, *, dry_run: bool = False) -> None:
        self._console = console
        self._dry_run = DRY_RUN if dry_run else {}
        self._reasons: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._last: Json = {}

    @property
    def waiting_for(self) -> str:
        """The step that the app reported last and what it was waiting for, as a sentence."""
        if not self._last:
            return "The app has not started a run."
        if reason := self._last.get("reason"):
            return f"The app was in the step {self._last['step']}: {reason}"
        return f"The app was in the step {self._last['step']}."

    def say(self, word: str, text: str, *, took: float | None = None, style: str = "cyan") -> None:
        """Print one line: a word, a text and the time in seconds."""
        time = "" if took is None else f" [dim]({took:.1f} s)[/]"
        line = f"  [{style}]{word:<10}[/] {escape(text)}{time}"
        self._console.print(line, soft_wrap=True)

    def tell(self, event: Json) -> None:
        """Print the lines for one event, if there are any."""
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
                self.say("waiting", f"{reason} Next check in {pause:.1f} s.", style="dim")

    def _tell_status(self, instance: str, status: Json) -> None:
        """Print the steps that were completed since the last status."""
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
            # A pause can hold a run in the step `upload` too.
            ended_in = "guard" if outcome == "held" else step
            _, text = self._dry_run.get(ended_in, ("", ENDED[ended_in]))
            self.say((outcome or "ended").replace("_", " "), text, took=took)
        else:
            word, text = self._dry_run.get(step) or DONE[step]
            self.say(word, text, took=took, style="green")


def appended(path: Path) -> Iterator[list[Json]]:
    """Yield the JSON lines that were added to a file since the last time."""
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
    """Print the outcome, its summary, what to do, and the error if there is one."""
    style = COLOURS[result["severity"]]
    word = str(result["outcome"]).replace("_", " ").upper()
    console.print(f"\n[{style}]{word}[/]  {escape(result['summary'])}", soft_wrap=True)
    console.print(escape(result["action"]), soft_wrap=True)
    error = result["error"]
    if error and error["message"] != result["summary"]:
        console.print(escape(f"{error['message']} [{error['code']}]"), soft_wrap=True)


def print_messages(console: Console, messages: Sequence[Json]) -> None:
    """Print the most severe messages as a table of file, lines, description and rule."""
    if not messages:
        return
    plain = not console.is_terminal
    table = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAD, title_justify="left")
    for heading in ("", "File", "Lines", "Finding", "Rule"):
        table.add_column(heading, overflow="fold")
    heaviest_first = sorted(messages, key=lambda message: WEIGHTS.get(message["type"], 0))
    for message in heaviest_first[:FIRST_MESSAGES]:
        table.add_row(
            message["type"],
            message["fileName"],
            _rows(message),
            escape(message["description"]),
            message.get("rule", "School Data Sync"),
        )
    console.print(table)
    if len(messages) > FIRST_MESSAGES:
        console.print(f"... and {len(messages) - FIRST_MESSAGES} more in messages.jsonl")


def _rows(message: Json) -> str:
    rows = message.get("rows", [])
    more = lines_left_out(rows, message.get("count", 1), FIRST_ROWS)
    text = ", ".join(map(str, rows[:FIRST_ROWS]))
    return f"{text} (+{more})" if more else text
