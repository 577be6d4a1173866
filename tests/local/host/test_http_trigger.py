from concurrent.futures import ThreadPoolExecutor

from tests.local.host.sample import Cloud, RunningHost


def test_a_request_reaches_the_function_and_its_response_comes_back(host: RunningHost) -> None:
    answer = host.call(
        "POST", "/api/echo/hello/5?q=1", json={"a": [1]}, headers={"X-Asked": "please"}
    )
    assert answer.status_code == 201
    assert answer.headers["x-told"] == "yes"
    assert answer.json() == {
        "route": {"word": "hello", "number": "5"},
        "query": {"q": "1"},
        "header": "please",
        "body": {"a": [1]},
    }


def test_an_optional_part_of_a_route_may_be_left_out(host: RunningHost) -> None:
    assert host.call("POST", "/api/echo/hello", json=1).json()["route"] == {"word": "hello"}


def test_a_constraint_and_the_methods_of_a_route_hold(host: RunningHost) -> None:
    assert host.call("POST", "/api/echo/hello/five", json=1).status_code == 404
    assert host.call("GET", "/api/echo/hello").status_code == 405


def test_a_function_may_answer_with_text_and_ask_for_its_context(host: RunningHost) -> None:
    assert host.call("GET", "/api/plain").text == "plain"


def test_what_a_function_raises_is_a_500_and_stands_in_the_log_only(host: RunningHost) -> None:
    answer = host.call("GET", "/api/broken")
    assert (answer.status_code, answer.text) == (500, "")
    assert "ValueError: it broke" in host.log()


def test_an_input_blob_is_read_by_the_names_in_the_route(host: RunningHost, shared: Cloud) -> None:
    shared.upload("shelf", "book", "once upon a time")
    assert host.call("GET", "/api/read/book").text == "once upon a time"


def test_an_input_blob_that_is_not_there_is_none(host: RunningHost) -> None:
    assert host.call("GET", "/api/read/nothing").status_code == 404


def test_a_function_that_takes_too_long_fails_and_writes_nothing(
    host: RunningHost, shared: Cloud
) -> None:
    with ThreadPoolExecutor() as both:
        answers = both.map(lambda path: host.call("GET", path), ("/api/late", "/api/late-thread"))
        assert [answer.status_code for answer in answers] == [500, 500]
    assert "exceeded by function: Functions.late\n" in host.log()
    assert "'late_thread' runs longer than functionTimeout" in host.log()
    assert shared.outputs("late-thread") == []


def test_the_host_reports_that_it_runs_and_what(host: RunningHost) -> None:
    status = host.call("GET", "/admin/host/status").json()
    assert status["state"] == "Running"
    assert status["functions"]["dropped"] == "blobTrigger"
