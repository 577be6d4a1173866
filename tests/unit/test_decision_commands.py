"""`sis-sync approve`, `reject`, `settle`, `pause`, `resume`: what is recorded or refused."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import ContainerClient
from typer.testing import CliRunner

from local.storage import Azurite
from sync_core.cli.app import app
from sync_core.cli.commands import COMMANDS, RUNS
from sync_core.cli.runs.account import StorageAccount
from sync_core.cli.runs.deciding import decide
from sync_core.cli.runs.decision_commands import NOT_CHECKED
from sync_core.cli.runs.listing import NamedRun
from sync_core.cli.runs.records import Records
from sync_core.guards.decisions import Signed
from sync_core.model.errors import AccessDeniedError, ServiceUnreachableError, SettingsError
from sync_core.model.outcomes import Outcome
from tests.unit.operators_kit import (
    AT,
    FEED,
    GENERATION,
    NEWER,
    RUN,
    SIGNED,
    Operator,
    run_result,
)

EXAMPLES = {
    command: example for command, example in COMMANDS[RUNS].items() if command.__name__ != "deliver"
}

ANN = Signed("Ann Lee", "2026-11-28T08:00:00.000Z")


@pytest.fixture
def operator(azurite: Azurite, new_container: Callable[[str], ContainerClient]) -> Operator:
    containers = [new_container(kind) for kind in ("landing", "results", "decisions")]
    return Operator(azurite.connection_string, *containers)


@pytest.fixture
def held(operator: Operator) -> Operator:
    """The same, with a held run whose files are there."""
    operator.has_run(run_result(files=operator.land(school="N", student="s1")))
    return operator


class TestApproving:
    def test_an_approval_is_recorded_with_who_and_why_and_says_what_follows(
        self, held: Operator
    ) -> None:
        answer = held.call("approve", FEED, RUN, *SIGNED)
        assert answer.exit_code == 0, answer.output
        assert f"The app starts the run {RUN}-approved" in answer.stdout
        assert answer.stderr == ""
        kept = held.decisions.decision(FEED, RUN)
        assert kept is not None
        assert (kept.decision, kept.by, kept.reason) == ("approved", *SIGNED[1::2])
        assert kept.generation == GENERATION
        assert kept.decided_at > AT

    def test_while_the_feed_is_paused_the_approval_waits(self, held: Operator) -> None:
        held.call("pause", FEED, *SIGNED)
        answer = held.call("approve", FEED, RUN, *SIGNED)
        assert "once the pause of the feed has ended" in answer.stdout

    def test_nothing_is_recorded_where_it_cannot_be_said_when_the_run_starts(
        self, held: Operator
    ) -> None:
        held.decision_container.upload_blob(f"{FEED}/pause.json", b"until Monday")
        answer = held.call("approve", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "pause.json" in answer.stderr) == (1, True)
        assert held.decisions.decision(FEED, RUN) is None

    def test_a_dry_run_that_would_be_held_is_not_approved(self, operator: Operator) -> None:
        would = run_result(Outcome.DRY_RUN, files=operator.land(school="N"), held=run_result().held)
        operator.has_run(would)
        answer = operator.call("approve", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "was not held" in answer.stderr) == (1, True)

    def test_json_is_the_record(self, held: Operator) -> None:
        document = held.called_json("approve", FEED, RUN, *SIGNED)
        kept = held.decisions.decision(FEED, RUN)
        assert kept is not None
        assert document["decidedAt"] == kept.decided_at
        assert (document["run"], document["decision"]) == (RUN, "approved")

    def test_the_second_decision_is_refused_with_the_first(self, held: Operator) -> None:
        held.call("approve", FEED, RUN, *SIGNED)
        for command in ("approve", "reject"):
            answer = held.call(command, FEED, RUN, "--by", "Bob")
            assert answer.exit_code == 1
            assert "was approved by Ann Lee" in answer.stderr

    def test_a_newer_complete_export_makes_it_too_late(self, held: Operator) -> None:
        held.has_run(run_result(Outcome.REJECTED, NEWER, held.land("second/", school="N")))
        answer = held.call("approve", FEED, RUN, *SIGNED)
        assert answer.exit_code == 1
        assert f"a newer export has landed, whose run is {NEWER}" in answer.stderr
        assert held.decisions.decision(FEED, RUN) is None

    @pytest.mark.parametrize("outcome", [Outcome.INCOMPLETE, Outcome.FAILED])
    def test_a_newer_run_that_is_about_no_complete_export_does_not(
        self, held: Operator, outcome: Outcome
    ) -> None:
        lies_there = held.land("second/", school="N") if outcome is Outcome.INCOMPLETE else ()
        held.has_run(run_result(outcome, NEWER, lies_there))
        assert held.call("approve", FEED, RUN, *SIGNED).exit_code == 0

    def test_a_complete_export_between_it_and_the_newest_run_makes_it_too_late(
        self, held: Operator
    ) -> None:
        held.has_run(run_result(Outcome.REJECTED, NEWER, held.land("second/", school="N")))
        newest = "20261130T020000Z-cccccccccccc"
        held.has_run(run_result(Outcome.INCOMPLETE, newest, held.land("third/", school="N")))
        assert NEWER in held.call("approve", FEED, RUN, *SIGNED).stderr

    @pytest.mark.parametrize("change", ["overwritten", "deleted"])
    def test_files_that_have_changed_are_not_approved(self, held: Operator, change: str) -> None:
        if change == "deleted":
            held.landing.delete_blob(f"{FEED}/student.csv")
        else:
            held.land(student="s2")
        answer = held.call("approve", FEED, RUN, *SIGNED)
        assert answer.exit_code == 1
        assert "were changed or deleted after it was held" in answer.stderr

    def test_who_may_not_list_exports_approves_the_files_of_the_result(
        self, held: Operator
    ) -> None:
        forbidden = HttpResponseError("no")
        forbidden.status_code = 403
        recorded = decide(
            held.records_with(Broken(forbidden)), NamedRun(FEED, RUN), "approved", ANN
        )
        assert (recorded.files, recorded.decision.generation) == ("not-checked", GENERATION)
        assert "The app checks it before it starts the run." in NOT_CHECKED

    def test_only_a_held_run_is_approved(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.REFUSED, files=operator.land(school="N")))
        answer = operator.call("approve", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "was not held" in answer.stderr) == (1, True)

    def test_a_rejection_says_that_nothing_is_synced(self, held: Operator) -> None:
        answer = held.call("reject", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "Nothing of this export is synced" in answer.stdout) == (0, True)
        kept = held.decisions.decision(FEED, RUN)
        assert kept is not None
        assert kept.decision == "rejected"


class TestAWrongRun:
    def test_a_run_without_a_result_is_named_with_the_newest_one(self, held: Operator) -> None:
        answer = held.call("approve", FEED, NEWER, *SIGNED)
        assert answer.exit_code == 1
        assert f"There is no result of the run {NEWER}" in answer.stderr
        assert f"The newest run of this feed is {RUN}." in answer.stderr

    def test_a_feed_without_results_is_said(self, operator: Operator) -> None:
        answer = operator.call("settle", "south", RUN, "--started", "--by", "Ann Lee")
        assert answer.exit_code == 1
        assert "There is no result of this feed at all" in answer.stderr

    def test_json_has_the_error_with_its_code(self, operator: Operator) -> None:
        answer = operator.call("approve", FEED, RUN, *SIGNED, "--json")
        assert answer.exit_code == 1
        assert json.loads(answer.stdout)["error"]["code"] == "run-not-found"
        assert answer.stderr == ""

    def test_a_result_of_another_version_is_an_error_without_its_content(
        self, operator: Operator
    ) -> None:
        operator.results.upload_blob(f"{FEED}/{RUN}/result.json", b'{"outcome": "secret"}')
        answer = operator.call("approve", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "Use the version of the app" in answer.stderr) == (1, True)
        assert "secret" not in answer.output


class TestSettling:
    @pytest.mark.parametrize(
        ("option", "started", "said"),
        [
            ("--started", True, "Settled as started"),
            ("--not-started", False, f"sis-sync redeliver {FEED} {RUN}"),
        ],
    )
    def test_what_a_person_has_found_out_is_recorded_once(
        self, operator: Operator, option: str, started: bool, said: str
    ) -> None:
        operator.has_run(run_result(Outcome.UNKNOWN, files=operator.land(school="N")))
        answer = operator.call("settle", FEED, RUN, option, *SIGNED)
        assert (answer.exit_code, said in answer.stdout) == (0, True)
        kept = operator.decisions.settlement(FEED, RUN)
        assert kept is not None
        assert (kept.started, kept.by, kept.generation) == (started, "Ann Lee", GENERATION)
        again = operator.call("settle", FEED, RUN, "--started", *SIGNED)
        assert (again.exit_code, "cannot be changed" in again.stderr) == (1, True)

    def test_a_run_that_is_not_unknown_is_refused(self, held: Operator) -> None:
        answer = held.call("settle", FEED, RUN, "--started", *SIGNED)
        assert (answer.exit_code, "ended as held" in answer.stderr) == (1, True)

    def test_one_of_the_two_must_be_said(self, held: Operator) -> None:
        answer = held.call("settle", FEED, RUN, *SIGNED)
        assert (answer.exit_code, "--started" in answer.stderr) == (2, True)


class TestPausing:
    def test_a_pause_and_its_end_are_recorded(self, held: Operator) -> None:
        answer = held.call("pause", FEED, "--until", "2126-01-07", *SIGNED)
        assert answer.exit_code == 0, answer.output
        assert "is paused until 2126-01-07T00:00:00.000Z" in answer.stdout
        kept = held.decisions.pause(FEED)
        assert kept is not None
        assert (kept.until, kept.paused_by) == ("2126-01-07T00:00:00.000Z", "Ann Lee")
        assert held.call("resume", FEED, "--by", "Bob").exit_code == 0
        ended = held.decisions.pause(FEED)
        assert ended is not None
        assert (ended.paused_by, ended.resumed_by) == ("Ann Lee", "Bob")

    def test_a_time_may_have_a_zone(self, held: Operator) -> None:
        document = held.called_json("pause", FEED, "--until", "2126-01-07T06:00+01:00", *SIGNED)
        assert document["until"] == "2126-01-07T05:00:00.000Z"

    def test_without_an_end_it_lasts_until_the_feed_is_resumed(self, held: Operator) -> None:
        answer = held.call("pause", FEED, *SIGNED)
        assert "is paused until it is resumed" in answer.stdout

    def test_an_end_in_the_past_is_refused(self, held: Operator) -> None:
        answer = held.call("pause", FEED, "--until", "2020-01-01", *SIGNED)
        assert (answer.exit_code, "that time has passed" in answer.stderr) == (1, True)

    def test_a_feed_that_never_ran_is_paused_with_a_warning(self, operator: Operator) -> None:
        answer = operator.call("pause", "nothwind", *SIGNED)
        assert (answer.exit_code, "no result of a feed nothwind" in answer.stderr) == (0, True)
        assert operator.decisions.pause("nothwind") is not None

    def test_a_feed_that_is_not_paused_is_not_resumed(self, held: Operator) -> None:
        answer = held.call("resume", FEED, "--by", "Bob")
        assert (answer.exit_code, "is not paused" in answer.stderr) == (1, True)


class TestAWrongCall:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["approve", "North wind", RUN, *SIGNED], "is not a valid feed name"),
            (["approve", FEED, "../other", *SIGNED], "is not the id of a run"),
            (["approve", FEED, RUN], "--by"),
            (["approve", FEED, RUN, "--by", " "], "Use one line of 1 to 200 characters"),
            (["approve", FEED, RUN, "--by", "a\nb"], "Use one line of 1 to 200 characters"),
            (["reject", FEED, RUN, "--by", "a", "--reason", "x" * 1_001], "to 1,000 characters"),
            (["pause", FEED, "--until", "Friday", "--by", "a"], "neither a date nor a time"),
            (
                ["pause", FEED, "--until", "9999-12-31T23:59-12:00", "--by", "a"],
                "neither a date nor a time",
            ),
        ],
    )
    def test_it_exits_with_2_and_says_what_to_write(
        self, operator: Operator, words: list[str], said: str
    ) -> None:
        answer = operator.call(*words)
        assert (answer.exit_code, said in answer.stderr) == (2, True), answer.stderr

    def test_without_an_account_it_says_how_to_name_one(self) -> None:
        answer = CliRunner(env={"SIS_STORAGE": None}).invoke(app, ["resume", FEED, "--by", "Bob"])
        assert answer.exit_code == 2
        assert '--account "$(azd env get-value SIS_DATA_STORAGE)"' in answer.stderr

    @pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.__name__)
    def test_the_example_in_the_help_is_a_call_that_the_command_understands(
        self, operator: Operator, command: Callable[..., None]
    ) -> None:
        answer = operator.call(command.__name__, *shlex.split(EXAMPLES[command]))
        assert "Usage:" not in answer.stderr
        text = operator.call(command.__name__, "--help").stdout.replace("\\\n", "")
        shown = " ".join(text.split())
        assert f"Example: sis-sync {command.__name__} {EXAMPLES[command]}" in shown
        assert "Exits with 0" in shown


class Broken:
    """A container whose storage answers every request with an error."""

    account_name, container_name = "account", "sis-somewhere"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise self.error

        return refuse


class TestRefusalsOfStorage:
    @pytest.mark.parametrize(
        ("status", "error", "said"),
        [
            (
                403,
                AccessDeniedError,
                "role Storage Blob Data Contributor there; SIS_OPERATOR_GROUP",
            ),
            (503, ServiceUnreachableError, "did not answer"),
        ],
    )
    def test_they_advise_the_operator_and_not_the_app(
        self, held: Operator, status: int, error: type[Exception], said: str
    ) -> None:
        refused = HttpResponseError("no")
        refused.status_code = status
        records = Records(held.landing, held.results, Broken(refused))  # type: ignore[arg-type]
        with pytest.raises(error, match=said):
            decide(records, NamedRun(FEED, RUN), "approved", ANN)


class SignedOut:
    """A credential of somebody who is not signed in."""

    def get_token(self, *_: str) -> None:
        raise ClientAuthenticationError("long text of every way to sign in")


class TestSigningIn:
    def test_settings_in_a_file_replace_the_environment(
        self, held: Operator, tmp_path: Path
    ) -> None:
        file = tmp_path / "cloud.json"
        file.write_text(json.dumps({"Values": held.environment}), encoding="utf-8")
        words = ["reject", FEED, RUN, *SIGNED, "--settings", str(file)]
        answer = CliRunner(env={"SIS_STORAGE": "not-used"}).invoke(app, words)
        assert answer.exit_code == 0, answer.output

    def test_a_file_of_settings_that_is_missing_is_an_error_of_the_call(self) -> None:
        words = ["resume", FEED, "--by", "Bob", "--settings", "nowhere.json", "--json"]
        answer = CliRunner().invoke(app, words)
        assert answer.exit_code == 2
        assert "nowhere.json" in json.loads(answer.stdout)["error"]["message"]

    def test_without_a_connection_string_the_account_is_used_with_the_sign_in(self) -> None:
        account = StorageAccount({"SIS_DATA_STORAGE": "sisdata1"}, credential=SignedOut())
        container = account.container("SIS_DECISIONS_CONTAINER")
        assert container.url == "https://sisdata1.blob.core.windows.net/sis-decisions"
        with pytest.raises(AccessDeniedError, match="Run az login or azd auth login"):
            account.sign_in()

    def test_a_named_account_takes_precedence_over_a_connection_string(self) -> None:
        environment = {"SIS_STORAGE": "UseDevelopmentStorage=true"}
        account = StorageAccount(environment, "https://other.example/", credential=SignedOut())
        assert account.container("SIS_RESULTS_CONTAINER").url == "https://other.example/sis-results"

    def test_a_wrong_connection_string_is_not_quoted(self) -> None:
        with pytest.raises(SettingsError, match="not a connection string") as raised:
            StorageAccount({"SIS_STORAGE": "AccountKey=x"}).container("SIS_RESULTS_CONTAINER")
        assert "AccountKey" not in str(raised.value)
