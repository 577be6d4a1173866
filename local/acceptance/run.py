"""Uploads every scenario at once, posts the events, and checks the results from outside."""

import itertools
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local.acceptance.hosts import Webhook
from local.acceptance.scenarios import Feed
from local.cloud import LocalCloud

ACCEPTED, BAD_REQUEST = 202, 400
SETTLE_SECONDS = 2.0
POLL_SECONDS = 0.3
CONCURRENT_POSTS = 4
"""How many events are posted at once."""


@dataclass
class Verdict:
    """The verdict on one scenario. It passed if there are no faults."""

    name: str
    seen: str
    faults: list[str] = field(default_factory=list)


def run(
    cloud: LocalCloud,
    webhook: Webhook,
    feeds: list[Feed],
    progress: Callable[[str], None],
    timeout: float,
) -> list[Verdict]:
    """Run every scenario. Returns a verdict for each, and one for the webhook."""
    progress("uploading the exports and posting their events")
    verdicts = [_webhook_verdict(webhook, _land(cloud, webhook, feeds))]
    deadline = time.monotonic() + timeout
    waiting = {feed.name for feed in feeds}
    while waiting and time.monotonic() < deadline:
        done = {name for name in waiting if cloud.result(f"{name}/latest.json")}
        for name in sorted(done):
            progress(f"{name} has a result")
        waiting -= done
        time.sleep(POLL_SECONDS)
    # Leaves time for a second run or a second start, which would be a fault.
    time.sleep(SETTLE_SECONDS)
    events = cloud.events()
    return verdicts + [_verdict(cloud, feed, events) for feed in feeds]


def _land(cloud: LocalCloud, webhook: Webhook, feeds: Iterable[Feed]) -> list[int]:
    """Upload the exports and post their events. Returns the webhook's HTTP statuses."""
    account = cloud.storage.blob_url
    answered: list[int] = []
    for feed in feeds:
        landed = []
        for path in feed.scenario.paths():
            name, content = f"{feed.name}/{path.name}", path.read_bytes()
            written = cloud.landing.upload_blob(name, content, overwrite=True)
            landed.append((name, str(written.get_blob_properties().etag), len(content)))
        copies = itertools.chain.from_iterable(
            # Copies arrive in another order, as they may on Azure.
            (landed if number % 2 == 0 else reversed(landed))
            for number in range(feed.scenario.copies)
        )
        with ThreadPoolExecutor(CONCURRENT_POSTS) as pool:
            answered += pool.map(
                lambda one: webhook.post_blob_created(account, cloud.names.landing, *one),
                list(copies),
            )
    return answered


def _webhook_verdict(webhook: Webhook, answered: list[int]) -> Verdict:
    verdict = Verdict("webhook", f"handshake answered, {len(answered)} events posted")
    others = sorted({status for status in answered if status != ACCEPTED})
    if others:
        verdict.faults.append(f"events were answered with {others}, not {ACCEPTED}")
    if (status := webhook.status_without_event_type()) != BAD_REQUEST:
        verdict.faults.append(f"a request without aeg-event-type got {status}, not {BAD_REQUEST}")
    return verdict


def _verdict(cloud: LocalCloud, feed: Feed, events: list[dict[str, Any]]) -> Verdict:
    scenario = feed.scenario
    result = cloud.result(f"{feed.name}/latest.json")
    if result is None:
        return Verdict(
            feed.name, "no result", ["no result within the time limit; see the host's log"]
        )
    starts = _starts(cloud, feed)
    verdict = Verdict(feed.name, f"{result['outcome']}, syncs started: {starts}")
    own = [event for event in events if event["data"]["feed"] == feed.name]
    expected = [
        ("the outcome", result["outcome"], scenario.outcome),
        ("the number of results", len(cloud.final_results(feed.name)), 1),
        ("the number of syncs started", starts, scenario.starts),
        ("the outcomes on the queue", [one["data"]["outcome"] for one in own], [scenario.outcome]),
    ]
    if feed.owner:
        sent = {path.name: path.read_bytes() for path in scenario.paths()} if starts else {}
        expected.append(("the uploaded bytes", cloud.graph.uploaded(feed.owner) == sent, True))
    verdict.faults += [
        f"{what}: expected {wanted}, found {found}"
        for what, found, wanted in expected
        if found != wanted
    ]
    return verdict


def _starts(cloud: LocalCloud, feed: Feed) -> int:
    """The number of requests to the feed's target that have started a sync."""
    journal = cloud.graph.journal()
    if feed.setting["target"] == "industry-data":
        return sum(entry.effective for entry in journal if entry.operation == "runs_start")
    return sum(
        entry.effective
        for entry in journal
        if entry.operation == "start" and feed.owner and feed.owner in entry.path
    )
