"""The outbox by itself: a clock that is moved by hand, and a wire that answers when told to."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.clock import ManualClock
from emulator.faults.rules import Faults
from emulator.faults.webhooks import CORRUPTING, SCHEDULING, STALE_S
from emulator.ids import IdSource
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject, render
from emulator.outgoing.outbox import (
    REORDER_PATIENCE_MS,
    Cancel,
    Delivery,
    Done,
    Outbox,
    WebhookRequest,
    WebhookResult,
)
from emulator.settings import Settings
from emulator.timers import Timers
from tests.outgoing.receiver import KEY, judge

URL = "http://127.0.0.1:9/hook"
OTHER = "http://127.0.0.1:10/hook"
NOW_MS = 1_730_000_000_000


@dataclass
class Wire:
    """Keeps what is sent until it is told what comes back."""

    sent: list[WebhookRequest] = field(default_factory=list)
    open: list[tuple[WebhookRequest, Done]] = field(default_factory=list)

    def __call__(self, request: WebhookRequest, done: Done) -> Cancel:
        self.sent.append(request)
        self.open.append((request, done))
        return lambda: self.open.remove((request, done))

    def answer(self, status: int | None = 200, error: str | None = None, which: int = 0) -> None:
        _, done = self.open.pop(which)
        done(WebhookResult(status, error, 7, "thanks"))

    def is_first(self, request: WebhookRequest) -> bool:
        """Whether it is the first attempt of its event."""
        same = (each for each in self.sent if (each.url, each.body) == (request.url, request.body))
        return next(same) is request

    def events(self) -> list[str]:
        """The names of what was sent, in order."""
        return [json.loads(request.body)["event_name"] for request in self.sent]


class Office:
    """An outbox with all that it needs."""

    def __init__(self, **settings: Any) -> None:
        self.clock = ManualClock(NOW_MS)
        self.timers = Timers(self.clock)
        self.journal = Journal(self.clock, 1000)
        self.wire = Wire()
        self.faults = Faults()
        self.outbox = Outbox(
            "api key", Settings(**settings), self.clock, self.timers, IdSource(1), self.journal,
            self.faults, self.wire,
        )  # fmt: skip

    def post(self, event_name: str, chat_id: str = "chat", url: str = URL) -> Delivery:
        return self.outbox.post(event(event_name, chat_id), url)

    def wait(self, ms: int) -> None:
        """Let that much time pass; what comes due runs at its time."""
        target_ms = self.clock.now_ms() + ms
        while (due_ms := self.timers.next_due_ms) is not None and due_ms <= target_ms:
            self.clock.move_to(due_ms)
            self.timers.run_due()
        self.clock.move_to(target_ms)

    def run(self, status: int = 200) -> None:
        """Answer all that is open, and what follows from it, now and in the next minute."""
        while self.wire.open or self.timers.next_due_ms is not None:
            while self.wire.open:
                self.wire.answer(status)
            self.wait(60_000)


@pytest.fixture
def office() -> Office:
    return Office()


def event(event_name: str, chat_id: str = "chat") -> JsonObject:
    return {"event_name": event_name, "chat_id": chat_id}


def statuses(delivery: Delivery) -> list[int | None]:
    return [attempt.result.status for attempt in delivery.attempts]


def verdict(request: WebhookRequest) -> str:
    """What a receiver says to a request."""
    return judge(
        request.headers.get("X-Hume-AI-Webhook-Timestamp"),
        request.headers.get("X-Hume-AI-Webhook-Signature"),
        request.body,
        KEY,
    )


# attempts


@pytest.mark.parametrize("url", ["https://example.com/hook", "http://127.0.0.1:10/hook"])
def test_a_host_that_may_not_be_called(url: str) -> None:
    """With `call_hosts_only` a delivery to it fails unsent, also once more, and others go out."""
    office = Office(call_hosts=("127.0.0.1:9",), call_hosts_only=True)
    forbidden, allowed = office.post("chat_started", url=url), office.post("chat_started")
    office.wire.answer()

    assert (forbidden.state, forbidden.attempts) == ("failed", [])
    assert (forbidden.error or "").startswith("never sent: the URL leads to a host that")
    assert (allowed.state, office.outbox.pending) == ("delivered", 0)
    office.outbox.redeliver(forbidden)
    assert (forbidden.state, forbidden.attempts) == ("failed", [])
    assert [request.url for request in office.wire.sent] == [URL]


def test_what_is_answered_well_is_delivered(office: Office) -> None:
    """A 2xx ends a delivery; the record tells what was sent and what came back."""
    delivery = office.post("chat_started")
    assert (delivery.state, office.outbox.pending, office.outbox.in_flight) == ("pending", 1, 1)

    office.wire.answer(204)

    assert (office.outbox.pending, office.outbox.in_flight) == (0, 0)
    [request] = office.wire.sent
    body = render(event("chat_started"))
    assert (request.url, request.body) == (URL, body)
    assert request.headers["Content-Type"] == "application/json"
    assert verdict(request) == "valid"
    assert delivery.to_json() == {
        "id": delivery.id,
        "event_name": "chat_started",
        "chat_id": "chat",
        "url": URL,
        "state": "delivered",
        "error": None,
        "created_at_ms": NOW_MS,
        "body": body.decode(),
        "attempts": [
            {
                "number": 1,
                "at_ms": NOW_MS,
                "status": 204,
                "error": None,
                "duration_ms": 7,
                "faults": [],
                "signature": {"valid": True, "problem": None},
                "request": {"headers": dict(request.headers), "body": body.decode()},
                "response": {"body": "thanks"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, None), (404, None), (302, None), (199, None), (None, "no answer within 5 s")],
)
def test_what_is_refused_is_tried_four_times(
    office: Office, status: int | None, error: str | None
) -> None:
    """Anything but a 2xx is retried 1 s, 4 s and 16 s after the attempt before, then given up."""
    delivery = office.post("chat_started")
    for wait_ms in (1_000, 4_000, 16_000):
        office.wire.answer(status, error)
        office.wait(wait_ms - 1)
        assert office.wire.open == []
        office.wait(1)
        assert len(office.wire.open) == 1
    office.wire.answer(status, error)
    office.wait(3_600_000)

    assert (delivery.state, delivery.error) == ("failed", None)
    assert [attempt.at_ms - NOW_MS for attempt in delivery.attempts] == [0, 1_000, 5_000, 21_000]
    assert [attempt.number for attempt in delivery.attempts] == [1, 2, 3, 4]
    assert statuses(delivery) == [status] * 4
    assert {attempt.result.error for attempt in delivery.attempts} == {error}
    assert (office.outbox.pending, len(office.wire.sent)) == (0, 4)


def test_a_slow_answer_puts_the_retry_off(office: Office) -> None:
    """The wait before a retry begins with the answer, not with the request."""
    delivery = office.post("chat_started")
    office.wait(3_000)
    office.wire.answer(500)
    office.wait(1_000)
    office.wire.answer(200)
    assert [attempt.at_ms - NOW_MS for attempt in delivery.attempts] == [0, 4_000]


def test_a_retry_that_succeeds_is_the_last(office: Office) -> None:
    """What is delivered at the second attempt is delivered."""
    delivery = office.post("chat_started")
    office.wire.answer(503)
    office.wait(1_000)
    office.wire.answer(200)
    office.wait(3_600_000)

    assert (delivery.state, statuses(delivery)) == ("delivered", [503, 200])


@pytest.mark.parametrize("webhook_time", ["wall", "world"])
def test_each_attempt_is_signed_at_its_time(webhook_time: str) -> None:
    """Receivers check the time against their own clock, so the header has the wall clock's.

    With `webhook_time=world` it is the emulated time; a retry has a later one.
    """
    office = Office(webhook_time=webhook_time)
    office.post("chat_started")
    office.wire.answer(500)
    office.wait(1_000)

    times = [int(request.headers["X-Hume-AI-Webhook-Timestamp"]) for request in office.wire.sent]
    if webhook_time == "world":
        assert times == [NOW_MS // 1000, NOW_MS // 1000 + 1]
    else:
        assert [verdict(request) for request in office.wire.sent] == ["valid", "valid"]
        assert min(times) > NOW_MS // 1000


def test_the_api_key_may_sign() -> None:
    """With `sign_webhooks_with=api_key`, the world's API key is the key."""
    office = Office(sign_webhooks_with="api_key")
    assert (office.outbox.key, Office(signing_key="mine").outbox.key) == ("api key", "mine")


def test_attempts_are_in_the_journal(office: Office) -> None:
    """Each attempt is an entry, with the delivery that it belongs to."""
    delivery = office.post("chat_started")
    office.wire.answer(500)
    office.wait(1_000)
    office.wire.answer(200)

    entries = list(office.journal.entries(kind="webhook", chat_id="chat"))
    assert [(entry["number"], entry["status"]) for entry in entries] == [(1, 500), (2, 200)]
    assert {(entry["delivery_id"], entry["event_name"], entry["url"]) for entry in entries} == {
        (delivery.id, "chat_started", URL)
    }


# order


def test_one_chat_is_told_in_order(office: Office) -> None:
    """To one receiver the next event of a chat waits for the answer to the one before."""
    deliveries = [office.post(name) for name in ("chat_started", "tool_call", "chat_ended")]
    assert office.wire.events() == ["chat_started"]
    office.wire.answer(200)
    assert office.wire.events() == ["chat_started", "tool_call"]
    office.run()

    assert office.wire.events() == ["chat_started", "tool_call", "chat_ended"]
    assert [delivery.state for delivery in deliveries] == ["delivered"] * 3


@pytest.mark.parametrize("status", [500, None])
def test_a_refused_event_holds_nothing_up(office: Office, status: int | None) -> None:
    """The next event of the chat goes out at once; the retry comes later, on its own."""
    first, second = office.post("chat_started"), office.post("chat_ended")
    office.wire.answer(status)
    assert office.wire.events() == ["chat_started", "chat_ended"]
    office.wire.answer(200)
    assert (first.state, second.state) == ("pending", "delivered")

    office.wait(1_000)
    office.wire.answer(200)
    assert office.wire.events() == ["chat_started", "chat_ended", "chat_started"]
    assert first.state == "delivered"


def test_a_retry_waits_for_nobody(office: Office) -> None:
    """It goes out while the first attempt of another event of its chat is under way."""
    first, second = office.post("chat_started"), office.post("tool_call")
    third = office.post("chat_ended")
    office.wire.answer(500)  # chat_started; tool_call is under way now
    office.wait(1_000)
    assert office.wire.events() == ["chat_started", "tool_call", "chat_started"]

    office.wire.answer(200, which=1)  # the retry, whose end lets nobody else go
    assert office.wire.events() == ["chat_started", "tool_call", "chat_started"]
    office.run()
    assert [each.state for each in (first, second, third)] == ["delivered"] * 3


@pytest.mark.parametrize(
    ("chat_id", "url"),
    [("another chat", URL), ("chat", OTHER), ("chat", URL.replace("http", "https"))],
)
def test_other_chats_and_other_receivers_do_not_wait(
    office: Office, chat_id: str, url: str
) -> None:
    """An event that is stuck holds up neither other chats nor other receivers of its chat."""
    stuck = office.post("chat_started")
    other = office.post("chat_started", chat_id, url)
    office.wire.answer(200, which=1)

    assert (stuck.state, other.state) == ("pending", "delivered")


def test_paths_of_one_receiver_share_an_order(office: Office) -> None:
    """A receiver may take events under several paths, and still gets them in order."""
    office.post("chat_started")
    office.post("tool_call", url=URL + "/tools")
    assert office.wire.events() == ["chat_started"]
    office.wire.answer()
    assert office.wire.events() == ["chat_started", "tool_call"]


lanes = st.tuples(st.sampled_from(("a", "b")), st.sampled_from((URL, OTHER)))
actions = st.lists(
    st.tuples(st.just("post"), lanes)
    | st.tuples(st.just("answer"), st.tuples(st.integers(0, 9), st.sampled_from((200, 500, None))))
    | st.tuples(st.just("wait"), st.sampled_from((1, 1_000, 4_000, 16_000))),
    max_size=40,
)


@given(actions)
def test_whatever_happens_the_order_holds(steps: Sequence[tuple[str, Any]]) -> None:
    """Under any posts and answers, a chat's first attempts come one after the other, in order."""
    office = Office()
    posted: list[Delivery] = []
    for action, detail in steps:
        if action == "post":
            posted.append(office.post(f"{len(posted)}", *detail))
        elif action == "wait":
            office.wait(detail)
        elif office.wire.open:
            which, status = detail
            office.wire.answer(status, which=which % len(office.wire.open))
        assert len(office.wire.open) == office.outbox.in_flight
        first = [each for each, _ in office.wire.open if office.wire.is_first(each)]
        under_way = [(json.loads(each.body)["chat_id"], each.url) for each in first]
        assert len(set(under_way)) == len(under_way)
        assert office.outbox.pending == [each.state for each in posted].count("pending")
    office.run()

    assert office.outbox.pending == office.outbox.in_flight == 0
    for delivery in posted:
        good = [status == 200 for status in statuses(delivery)]
        assert good in ([False] * 4, [False] * (len(good) - 1) + [True])
    for lane in {(each.chat_id, each.url) for each in posted}:
        mine = [each for each in posted if (each.chat_id, each.url) == lane]
        sent = [json.loads(each.body) for each in office.wire.sent if each.url == lane[1]]
        names = [each["event_name"] for each in sent if each["chat_id"] == lane[0]]
        assert list(dict.fromkeys(names)) == [each.event_name for each in mine]


def test_a_log_that_fails_holds_nothing_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed delivery is told to the log last, so the next of its chat goes out anyway."""

    def refuse(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(logging.getLogger("emulator"), "warning", refuse)
    delivery = office.post("chat_started")
    delivery.attempts_left = 0  # after the one that is under way
    office.post("chat_ended")
    told: list[str] = []
    office.outbox.watchers.append(lambda: told.append(delivery.state))
    with pytest.raises(OSError, match="no space"):
        office.wire.answer(500)
    assert (delivery.state, told[-1]) == ("failed", "failed")
    assert office.wire.events() == ["chat_started", "chat_ended"]


# the queue


def test_no_more_than_the_limit_is_pending() -> None:
    """What comes when the queue is full fails at once, and says why; the others go on."""
    office = Office(webhook_queue=2)
    first, second, third = (
        office.post(name) for name in ("chat_started", "tool_call", "chat_ended")
    )

    assert (third.state, third.error) == (
        "failed",
        "2 deliveries are pending, the most that --webhook-queue allows: let them be sent (a "
        "frozen clock holds delays and retries back), or allow more",
    )
    assert [entry["error"] for entry in office.journal.entries(kind="webhook")] == [third.error]
    office.run()
    assert (first.state, second.state, office.outbox.pending) == ("delivered", "delivered", 0)
    assert office.post("chat_ended").state == "pending"


def test_the_oldest_finished_deliveries_are_forgotten() -> None:
    """The record keeps as many as the limit says; what is pending is never forgotten."""
    office = Office(webhook_queue=3)
    stuck = office.post("chat_started", "stuck")
    done = []
    for number in range(5):
        done.append(office.post("chat_started", f"chat {number}"))
        office.wire.answer(200, which=1)

    assert list(office.outbox.deliveries.values()) == [stuck, *done[-2:]]


# faults


def test_a_duplicate_is_sent_again_once_it_is_delivered(office: Office) -> None:
    """The same event comes twice, the second time before the next event; once is enough."""
    office.faults.add("webhook", "duplicate", times=1)
    first = office.post("chat_started")
    office.post("chat_ended")
    office.wire.answer(200)
    assert first.state == "pending"
    office.wire.answer(500)  # it was delivered before, so nobody minds
    office.run()

    assert (first.state, statuses(first)) == ("delivered", [200, 500])
    assert office.wire.events() == ["chat_started"] * 2 + ["chat_ended"]
    assert office.wire.sent[0].body == office.wire.sent[1].body


def test_a_duplicate_of_a_retry_follows_the_retry(office: Office) -> None:
    """A duplicate that was refused at first comes twice once it is taken."""
    office.faults.add("webhook", "duplicate", times=1)
    first = office.post("chat_started")
    office.post("chat_ended")
    office.run(500)
    assert (first.state, statuses(first)) == ("failed", [500] * 4)

    office.faults.add("webhook", "duplicate", times=1)
    second = office.post("chat_started", "another chat")
    office.wire.answer(500)
    office.wait(1_000)
    office.run()
    assert (second.state, statuses(second)) == ("delivered", [500, 200, 200])


def test_what_is_never_delivered_is_no_duplicate(office: Office) -> None:
    """A duplicate has its four attempts like any other."""
    office.faults.add("webhook", "duplicate")
    delivery = office.post("chat_started")
    office.run(500)
    assert (delivery.state, len(delivery.attempts)) == ("failed", 4)


def test_a_dropped_event_is_never_sent(office: Office) -> None:
    """A drop fails at once, and the next event goes out."""
    office.faults.add("webhook", "drop", event_name="chat_started")
    dropped = office.post("chat_started")
    office.post("chat_ended")

    assert (dropped.state, dropped.attempts) == ("failed", [])
    assert dropped.error == "dropped on request: it was never sent"
    assert office.wire.events() == ["chat_ended"]


def test_a_delayed_event_holds_up_those_behind_it(office: Office) -> None:
    """A delay comes before the first attempt alone; the order of the chat stays."""
    office.faults.add("webhook", "delay", event_name="chat_started", delay_ms=7_000)
    delivery = office.post("chat_started")
    office.post("chat_ended")
    office.wait(6_999)
    assert office.wire.sent == []
    office.wait(1)
    office.wire.answer(500)
    office.wait(1_000)
    office.run()

    assert [attempt.at_ms - NOW_MS for attempt in delivery.attempts] == [7_000, 8_000]
    assert office.wire.events() == ["chat_started", "chat_ended", "chat_started"]


def test_a_reordered_event_lets_the_next_one_pass(office: Office) -> None:
    """Of three events the first comes second, whether the next one is there already or not."""
    office.faults.add("webhook", "reorder", event_name="chat_started")
    office.post("chat_started")
    assert office.wire.events() == []
    office.post("tool_call")
    office.post("chat_ended")
    office.run()
    assert office.wire.events() == ["tool_call", "chat_started", "chat_ended"]

    office.post("tool_call")
    office.post("chat_started")
    office.post("chat_ended")
    office.run()
    assert office.wire.events()[3:] == ["tool_call", "chat_ended", "chat_started"]


def test_a_reordered_event_that_nothing_follows_goes_alone(office: Office) -> None:
    """It waits for the next event of its chat for a while, and no longer."""
    office.faults.add("webhook", "reorder", event_name="chat_ended")
    office.post("chat_ended")
    office.post("chat_ended", "another chat")
    office.wait(REORDER_PATIENCE_MS - 1)
    assert office.wire.sent == []
    office.wait(1)
    assert office.wire.events() == ["chat_ended", "chat_ended"]


def test_reordering_everything_changes_the_order(office: Office) -> None:
    """A rule without limits still has an effect: some event comes before an earlier one."""
    office.faults.add("webhook", "reorder")
    names = ["chat_started", "tool_call", "chat_ended"]
    for name in names:
        office.post(name)
    office.run()

    assert sorted(office.wire.events()) == sorted(names)
    assert office.wire.events() != names


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("wrong_key", "signature wrong"),
        ("tampered_body", "signature wrong"),
        ("stale_timestamp", "timestamp stale"),
        ("missing_headers", "headers missing"),
    ],
)
def test_a_bad_request_is_bad_in_one_way(office: Office, fault: str, expected: str) -> None:
    """A receiver refuses it for the reason that the fault names; the record tells of the fault."""
    office.faults.add("webhook", fault)
    delivery = office.post("chat_started")

    [request] = office.wire.sent
    assert verdict(request) == expected
    assert json.loads(request.body).items() >= event("chat_started").items()
    office.wire.answer(401)
    assert delivery.attempts[0].faults == (fault,)
    assert delivery.attempts[0].request is request


def test_a_stale_request_is_signed_well(office: Office) -> None:
    """Only the age of a stale request is wrong: by ten minutes."""
    office.post("chat_started")
    office.faults.add("webhook", "stale_timestamp")
    office.post("chat_started", "another chat")
    fresh, stale = (
        int(request.headers["X-Hume-AI-Webhook-Timestamp"]) for request in office.wire.sent
    )
    assert abs(fresh - stale - STALE_S) <= 1


def test_every_fault_is_tested() -> None:
    """The faults of requests above, and those of schedules, are all that there are."""
    bad = {"wrong_key", "tampered_body", "stale_timestamp", "missing_headers"}
    assert bad | SCHEDULING == CORRUPTING | SCHEDULING
    assert {"duplicate", "drop", "delay", "reorder"} == SCHEDULING


# rules


def test_a_rule_strikes_as_often_as_it_says(office: Office) -> None:
    """`times` counts requests, so a retry may be good; of schedules it counts deliveries."""
    rule = office.faults.add("webhook", "wrong_key", times=2)
    office.post("chat_started")
    for wait_ms in (1_000, 4_000):
        office.wire.answer(401)
        office.wait(wait_ms)
    assert [verdict(request) for request in office.wire.sent] == [
        "signature wrong",
        "signature wrong",
        "valid",
    ]
    assert rule.used == 2

    drop = office.faults.add("webhook", "drop", times=1)
    states = [office.post("chat_ended", f"chat {number}").state for number in range(2)]
    assert (states, drop.used) == (["failed", "pending"], 1)


def test_a_rule_may_be_for_one_event_or_one_chat(office: Office) -> None:
    """Events that a rule does not name go out as usual, and don't use it up."""
    rule = office.faults.add("webhook", "wrong_key", event_name="chat_ended", chat_id="b", times=1)
    for chat_id, name in [("a", "chat_ended"), ("b", "chat_started"), ("b", "chat_ended")]:
        office.post(name, chat_id)
        office.wire.answer(200)

    assert [verdict(request) for request in office.wire.sent] == [
        "valid",
        "valid",
        "signature wrong",
    ]
    assert rule.used == 1


def test_rules_work_together(office: Office) -> None:
    """Several faults strike one request; of two rules with one fault, the first is used."""
    first = office.faults.add("webhook", "wrong_key", times=1)
    second = office.faults.add("webhook", "wrong_key")
    office.faults.add("webhook", "missing_headers")
    office.faults.add("webhook", "duplicate")
    delivery = office.post("chat_started")
    office.wire.answer(200)
    office.wire.answer(200)

    assert [attempt.faults for attempt in delivery.attempts] == [
        ("duplicate", "wrong_key", "missing_headers"),
        ("duplicate", "wrong_key", "missing_headers"),
    ]
    assert (first.used, second.used) == (1, 1)


# events at will


def test_a_triggered_event_has_one_attempt_and_waits_for_nobody(office: Office) -> None:
    """It goes out at once, beside what its chat has pending, and is not retried."""
    stuck = office.post("chat_started")
    delivery = office.outbox.trigger(event("chat_ended"), URL)
    office.wire.answer(500, which=1)
    office.wait(3_600_000)

    assert (delivery.state, statuses(delivery)) == ("failed", [500])
    assert (stuck.state, office.outbox.pending) == ("pending", 1)


@pytest.mark.parametrize("fault", sorted(CORRUPTING))
def test_a_triggered_event_may_be_bad(office: Office, fault: str) -> None:
    """A fault that comes with the event strikes it alone."""
    bad = office.outbox.trigger(event("chat_ended"), URL, {fault: 0})
    good = office.outbox.trigger(event("chat_ended"), URL)
    assert verdict(office.wire.sent[0]) != "valid"
    assert verdict(office.wire.sent[1]) == "valid"
    office.run()
    assert (bad.attempts[0].faults, good.attempts[0].faults) == ((fault,), ())


def test_a_triggered_event_may_be_late_lost_or_doubled(office: Office) -> None:
    """`delay`, `drop` and `duplicate` do to one event what their rules do to many."""
    dropped = office.outbox.trigger(event("chat_ended"), URL, {"drop": 0})
    delayed = office.outbox.trigger(event("chat_ended"), URL, {"delay": 3_000})
    assert (dropped.state, office.wire.sent) == ("failed", [])
    office.wait(3_000)
    office.wire.answer(200)
    assert delayed.state == "delivered"

    doubled = office.outbox.trigger(event("chat_ended"), URL, {"duplicate": 0})
    office.wire.answer(200)
    office.wire.answer(200)
    assert statuses(doubled) == [200, 200]


def test_a_triggered_event_may_change_places_with_another(office: Office) -> None:
    """An event may have another one on its wrong side; each has one attempt, in that order."""
    start, end = event("chat_started"), event("chat_ended")
    first = office.outbox.trigger(end, URL, after=start)
    office.run(500)
    second = office.outbox.trigger(start, URL, before=end)
    office.run()
    assert office.wire.events() == ["chat_ended", "chat_started", "chat_ended", "chat_started"]
    assert (first.event_name, second.event_name) == ("chat_ended", "chat_started")
    assert (first.state, second.state) == ("failed", "delivered")


def test_a_finished_delivery_may_be_sent_again(office: Office) -> None:
    """It is sent once more, good or bad, with the same body and without its old faults."""
    delivery = office.outbox.trigger(event("chat_ended"), URL, {"wrong_key": 0})
    office.wire.answer(401)
    office.faults.add("webhook", "drop")
    office.outbox.redeliver(delivery)
    assert (delivery.state, office.outbox.pending) == ("pending", 1)
    office.wire.answer(200)

    assert (delivery.state, statuses(delivery)) == ("delivered", [401, 200])
    bad, good = office.wire.sent
    assert (bad.body, verdict(bad), verdict(good)) == (good.body, "signature wrong", "valid")


def test_a_failed_delivery_that_fails_again_stays_failed(office: Office) -> None:
    """Another try has a single attempt."""
    delivery = office.post("chat_started")
    office.run(500)
    office.outbox.redeliver(delivery)
    office.run(500)
    assert (delivery.state, len(delivery.attempts), office.outbox.pending) == ("failed", 5, 0)


# the end


def test_a_closed_outbox_cancels_what_is_under_way(office: Office) -> None:
    """After a reset no request is under way, and nothing is sent: no retry, nothing queued."""
    office.post("chat_started", "refused")
    office.wire.answer(500)
    office.post("chat_started")
    office.post("chat_ended")

    office.outbox.close()
    assert office.wire.open == []
    office.wait(60_000)
    late = office.post("chat_ended", "a chat that ends with its world")

    assert office.wire.events() == ["chat_started", "chat_started"]
    assert (late.state, late.error) == ("failed", "the world was reset")


def test_a_closed_outbox_ignores_what_comes_back(office: Office) -> None:
    """An answer that was there already when its request was cancelled changes nothing."""
    told: list[int] = []
    deliveries = [office.post("chat_started"), office.post("chat_ended")]
    office.outbox.watchers.append(lambda: told.append(office.outbox.pending))

    [(_, done)] = office.wire.open
    office.outbox.close()
    done(WebhookResult(500, None, 7))
    office.wait(60_000)

    assert told == [0]
    assert (office.outbox.pending, office.outbox.in_flight) == (0, 0)
    assert office.wire.events() == ["chat_started"]
    assert list(office.journal.entries()) == []
    assert {(each.state, each.error) for each in deliveries} == {("failed", "the world was reset")}


@pytest.mark.parametrize(
    "act", [lambda office: office.wire.answer(200), lambda office: office.outbox.close()]
)
def test_watchers_are_told(office: Office, act: Callable[[Office], None]) -> None:
    """Who waits for the outbox hears of each answer, and of its end."""
    told: list[str] = []
    delivery = office.post("chat_started")
    office.outbox.watchers.append(lambda: told.append(delivery.state))
    act(office)
    assert told
