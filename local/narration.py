"""What happens in the local cloud, told line by line as it happens.

On a terminal in colour; elsewhere, or with NO_COLOR, plain text without control characters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

Json = Mapping[str, Any]

DONE: dict[str, tuple[str, str]] = {
    "take_stock": ("complete", "every file is there, and nothing has changed for a while"),
    "validate_file_set": ("validated", "checked against the format, row by row"),
    "check_readiness": ("ready", "the sync profile takes uploads"),
    "upload_file_set": ("uploaded", "to the address that the service gave out"),
    "verify_upload": ("verified", "the service has said nothing against a start"),
    "start_sync": ("started", "the start was sent once, and its answer read"),
    "publish_result": ("published", "the result blob first, then the queue message"),
    "check_progress": ("followed", "the service has ended the sync"),
}
"""A step that is through: the word for it, and what it means."""

NOT: dict[str, str] = {
    "take_stock": "what was waited for did not land in time",
    "validate_file_set": "the files break the format's rules; nothing was uploaded",
    "check_readiness": "the sync profile is not going to be ready",
    "upload_file_set": "the upload was given up",
    "verify_upload": "the service finds errors in the files",
}
"""A step that ended the run instead."""

LOOPS = {
    "gather_file_set": "take_stock",
    "await_target": "check_readiness",
    "follow_sync": "check_progress",
}
COLOURS = {"info": "green", "warning": "yellow", "error": "red", "critical": "bold red"}
WEIGHTS = {"Error": 0, "Warning": 1, "Information": 2}
FIRST_MESSAGES = 12
FIRST_ROWS = 6


class Narrator:
    """Tells what the durable engine of a host does. `host` is the host's address."""

    def __init__(self, console: Console, host: str) -> None:
        self._console = console
        self._http = httpx.Client(base_url=f"{host}/durabletask", trust_env=False)
        self._began: dict[str, datetime] = {}

    def say(self, word: str, text: str, *, took: float | None = None, style: str = "cyan") -> None:
        """One line: what happened, in words, and how long it took."""
        time = "" if took is None else f" [dim]({took:.1f} s)[/]"
        line = f"  [{style}]{word:<10}[/] {escape(text)}{time}"
        self._console.print(line, soft_wrap=True)

    def tell(self, event: Json) -> None:
        """The line of one event, if it has one."""
        at, instance = datetime.fromisoformat(event["at"]), event["instanceId"]
        match event["kind"]:
            case "orchestration_started":
                self._began.setdefault(instance, at)
            case "timer_set":
                pause = (datetime.fromisoformat(event["detail"]) - at).total_seconds()
                reason = (self._status(instance)["customStatus"] or {}).get("reason", "")
                self.say("waiting", f"{reason} Next look in {pause:.1f} s.", style="dim")
            case "orchestration_completed" if event["name"] != "sync_feed":
                took = (at - self._began.pop(instance, at)).total_seconds()
                self._tell_step(event["name"], self._status(instance), took)

    def _tell_step(self, orchestrator: str, status: Json, took: float) -> None:
        output = status["output"] or {}
        activity = LOOPS.get(orchestrator) or _input(status)["activity"]
        if output.get("kind") == "through" and not output["value"] and activity == "take_stock":
            return
        word, text = DONE[activity]
        if output.get("kind") == "ended":
            outcome = output["verdict"]["outcome"].replace("_", " ")
            self.say(outcome, text if activity == "start_sync" else NOT[activity], took=took)
        else:
            self.say(word, text, took=took, style="green")

    def _status(self, instance: str) -> Json:
        answer: Json = self._http.get(f"/instances/{instance}?showInput=true").json()
        return answer


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


def _input(status: Json) -> Json:
    # The client API gives inputs as the SDK sent them: JSON text within JSON.
    given = status["input"]
    decoded: Json = json.loads(given) if isinstance(given, str) else given
    return decoded


def _rows(message: Json) -> str:
    rows = message.get("rows", [])
    more = message.get("count", 0) - len(rows[:FIRST_ROWS])
    text = ", ".join(map(str, rows[:FIRST_ROWS]))
    return f"{text} (+{more})" if rows and more > 0 else text
