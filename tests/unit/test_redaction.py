"""Secrets in the logs: none, whoever writes them."""

import logging
from collections.abc import Callable

import pytest

from sync_core.model.redaction import redact_logs, redacted

SECRET = "c2VjcmV0L3ZhbHVl+A=="
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2ln-bmF0_dXJl"

log = logging.getLogger("some.library")

EACH_SECRET = pytest.mark.parametrize(
    "text",
    [
        f"PUT https://a.blob.core.windows.net/c/school.csv?sv=2015&sig={SECRET}",
        f"PUT /c/school.csv?sig={SECRET}&sp=w 201",
        f"'GET /c?SIG={SECRET}' failed",
        f"SharedAccessSignature=sv=2015&sig={SECRET};BlobEndpoint=x",
        f"AccountName=a;AccountKey={SECRET};EndpointSuffix=core.windows.net",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}', 'Accept': '*/*'}}",
        f"(b'authorization', b'bearer {SECRET}')",
        f'{{"access_token": "{SECRET}", "expires_on": "1"}}',
        f"{{'X-IDENTITY-HEADER': '{SECRET}'}}",
        f"token {JWT} was taken",
    ],
    ids=lambda text: text[:24],
)


def hidden(text: str) -> bool:
    return SECRET not in text and JWT not in text and "REDACTED" in text


@EACH_SECRET
def test_every_kind_of_secret_is_taken_out_of_a_text(text: str) -> None:
    assert hidden(redacted(text))


def test_what_stands_around_a_secret_stays() -> None:
    text = f"PUT /c/school.csv?sv=2015&sig={SECRET}&sp=w HTTP/1.1"
    assert redacted(text) == "PUT /c/school.csv?sv=2015&sig=REDACTED&sp=w HTTP/1.1"


@pytest.mark.parametrize(
    "text", ["design=3", "run finished feed=a run=b outcome=started", "eyJ and eyJa.b"]
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert redacted(text) == text


Write = Callable[[str], None]


def _in_the_message(text: str) -> None:
    log.info(text)


def _in_an_argument(text: str) -> None:
    log.debug("sent %s with %r", 5, text)


def _in_a_mapping(text: str) -> None:
    log.warning("sent %(what)s", {"what": text})


def _in_an_exception(text: str) -> None:
    try:
        _fail(text)
    except ValueError:
        log.exception("it broke")


def _in_the_cause_of_an_exception(text: str) -> None:
    try:
        _fail_further(text)
    except KeyError:
        log.exception("it broke")


def _fail(text: str) -> None:
    raise ValueError(text)


def _fail_further(text: str) -> None:
    try:
        _fail(text)
    except ValueError as cause:
        raise KeyError("another") from cause


@EACH_SECRET
@pytest.mark.parametrize(
    "write",
    [
        _in_the_message,
        _in_an_argument,
        _in_a_mapping,
        _in_an_exception,
        _in_the_cause_of_an_exception,
    ],
)
def test_no_log_record_holds_a_secret_wherever_it_was(
    every_log: pytest.LogCaptureFixture, write: Write, text: str
) -> None:
    write(text)
    assert hidden(every_log.text)
    for record in every_log.records:
        assert SECRET not in record.getMessage()
        assert JWT not in record.getMessage()


def test_a_record_without_a_secret_keeps_its_parts(every_log: pytest.LogCaptureFixture) -> None:
    log.info("run finished feed=%s", "northwind")
    (record,) = every_log.records
    assert (record.msg, record.args) == ("run finished feed=%s", ("northwind",))


@pytest.mark.parametrize("arguments", [("x",), ("x", "y"), (1, 2, 3)])
def test_a_record_that_its_library_wrote_wrongly_neither_breaks_nor_leaks(
    every_log: pytest.LogCaptureFixture, arguments: tuple[object, ...]
) -> None:
    pattern = f"%d of %d, sig={SECRET}"
    log.info(pattern, *arguments)
    assert [record.getMessage() for record in every_log.records] == [
        "a log record could not be formatted"
    ]


def test_redacting_twice_is_redacting_once(every_log: pytest.LogCaptureFixture) -> None:
    factory = logging.getLogRecordFactory()
    redact_logs()
    assert logging.getLogRecordFactory() is factory
