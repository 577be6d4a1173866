"""Feeds in a blob, in the running app: a bad entry and a broken document."""

import json
from typing import Any

from tests.e2e.conftest import CLEAN, Pipeline, until

FEEDS = "_conf/feeds.json"


def write_feeds(pipeline: Pipeline, document: bytes) -> None:
    pipeline.cloud.results.upload_blob(FEEDS, document, overwrite=True)


def test_a_bad_entry_ends_its_own_export_and_a_broken_document_ends_none(
    pipeline: Pipeline,
) -> None:
    good, bad = pipeline.settings(), pipeline.settings(name="bad-feed", profileId="p-bad")
    del bad["target"]
    write_feeds(pipeline, json.dumps([bad, good], indent=1).encode("utf-8-sig"))
    pipeline.cloud.drop_folder("bad-feed", CLEAN)
    pipeline.drop(CLEAN)
    blob = f"blob:{pipeline.cloud.names.results}/{FEEDS}"
    pipeline.start(environment={"SIS_FEEDS": blob})
    first = pipeline.await_outcome("started")
    told: Any = until(lambda: pipeline.cloud.result("bad-feed/latest.json"), pipeline.log)
    assert (told["outcome"], told["error"]["code"]) == ("failed", "settings-wrong")
    assert "feed 1 (bad-feed): target is missing" in told["summary"]
    pipeline.await_events(2)
    assert len(pipeline.cloud.final_results("bad-feed")) == 1

    write_feeds(pipeline, b'[{"name": ')
    pipeline.drop(CLEAN, "second-night")
    until(lambda: pipeline.latest()["run"] != first["run"], pipeline.log)
    assert pipeline.latest()["outcome"] == "started"
    assert "settings wrong feed=(all) line=1" in pipeline.log()
