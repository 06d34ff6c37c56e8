"""Rules: what they match, how often they strike, and what is no rule."""

from collections.abc import Mapping
from typing import Any

import pytest

from emulator.faults.rules import FaultRule, Faults, check_rule
from emulator.faults.table import FIELDS, KINDS, FaultMistake

EVERY_FAULT = [(kind, fault) for kind in KINDS for fault in KINDS[kind].faults]
REQUEST = {"operation": "list-configs", "method": "GET", "path": "/v0/evi/configs"}
FRAME = {"chat_id": "a", "turn": 2, "frame": 7, "type": "assistant_end", "at_ms": 1_500}
WEBHOOK = {"event_name": "chat_ended", "chat_id": "a"}
FACTS: Mapping[str, dict[str, Any]] = {
    "http": REQUEST,
    "socket": FRAME,
    "webhook": WEBHOOK,
    "model": {"chat_id": "a", "turn": 2},
    "call": {"call_sid": "CA1", "at_ms": 1_500},
}


def faults(seed: int | None = 1) -> Faults:
    return Faults(seed)


def struck(rules: Faults, kind: str, facts: Mapping[str, Any]) -> list[FaultRule]:
    return list(rules.take(kind, KINDS[kind].faults, facts).values())


def strikes(rule: FaultRule, number: int, **changes: Any) -> list[bool]:
    """Whether a rule strikes, `number` times in a row."""
    return [rule.strikes({**FACTS[rule.kind], **changes}) for _ in range(number)]


# what matches


@pytest.mark.parametrize(("kind", "fault"), EVERY_FAULT)
def test_a_rule_without_fields_strikes_everything(kind: str, fault: str) -> None:
    """Every fault of the table can be asked for by its name alone."""
    rules = faults()
    rule = rules.add(kind, fault)
    assert struck(rules, kind, FACTS[kind]) == [rule]
    assert rule.used == 1
    for other in KINDS.keys() - {kind}:
        assert struck(rules, other, FACTS[other]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_matches(kind: str) -> None:
    """A rule strikes if all that it names is so, and not if one thing is otherwise."""
    assert set(FACTS[kind]) == set(KINDS[kind].matched_by)
    fault = list(KINDS[kind].faults)[-1]  # of any kind but the first, which has no frame yet
    assert strikes(faults().add(kind, fault, **FACTS[kind]), 1) == [True]
    for name, value in FACTS[kind].items():
        other: Any = value - 1 if isinstance(value, int) else "other"
        assert strikes(faults().add(kind, fault, **{name: value}), 1) == [True]
        assert strikes(faults().add(kind, fault, **FACTS[kind]), 1, **{name: other}) == [False]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_does_not_match(kind: str) -> None:
    """A frame without a chat's id, or a refusal that knows no frame, fits no rule that names it."""
    fault = list(KINDS[kind].faults)[-1]
    for name, value in FACTS[kind].items():
        rule = faults().add(kind, fault, **{name: value})
        assert not rule.strikes({**FACTS[kind], name: None})
        assert not rule.strikes({})


def test_a_field_that_is_null_is_no_field() -> None:
    """As in JSON that names all fields: None wants nothing."""
    rule = faults().add("http", "status", operation=None, method=None, path=None)
    assert rule.match == {}
    assert strikes(rule, 1) == [True]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/v0/evi/configs", "/v0/evi/configs", True),
        ("/v0/evi/configs", "/v0/evi/configs/1", False),
        ("/v0/evi/configs/*", "/v0/evi/configs/1/version/2", True),
        ("/v0/evi/configs/*", "/v0/evi/configs", False),
        ("*/version/*", "/v0/evi/configs/1/version/2", True),
        ("*", "/anything", True),
        ("/v0/evi/c*s", "/v0/evi/chats", True),
        ("/V0/evi/*", "/v0/evi/chats", False),
        ("", "/v0/evi/chats", False),
    ],
)
def test_paths_with_stars(pattern: str, path: str, fits: bool) -> None:
    """A star is any text, with slashes or without; case counts."""
    assert strikes(faults().add("http", "reset", path=pattern), 1, path=path) == [fits]


@pytest.mark.parametrize(("at_ms", "fits"), [(0, False), (999, False), (1_000, True), (9e9, True)])
def test_a_time_is_the_earliest(at_ms: float, fits: bool) -> None:
    """`at_ms` is met from then on."""
    assert strikes(faults().add("socket", "garbage", at_ms=1_000), 1, at_ms=int(at_ms)) == [fits]


# how often


def test_times() -> None:
    """A rule is used up by what it strikes, not by what it only sees."""
    rule = faults().add("http", "status", times=2, method="POST")
    assert strikes(rule, 3) == [False] * 3
    assert strikes(rule, 3, method="POST") == [True, True, False]
    assert rule.used == 2


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.95])
def test_probability(probability: float) -> None:
    """It strikes about as often as that, and says how often."""
    rule = faults().add("http", "status", probability=probability)
    share = sum(strikes(rule, 2_000)) / 2_000
    assert abs(share - probability) < 0.05
    assert rule.used == share * 2_000


def test_certainty() -> None:
    """With the probability 1 nothing escapes."""
    assert all(strikes(faults().add("http", "status", probability=1), 200))


def test_times_and_probability() -> None:
    """`times` counts what was struck by chance."""
    rule = faults().add("http", "status", probability=0.5, times=3)
    assert sum(strikes(rule, 200)) == 3


def test_no_chance_is_drawn_for_what_does_not_match() -> None:
    """What a rule is not for changes nothing about when it strikes."""
    one, other = (faults().add("http", "status", probability=0.5, method="POST") for _ in range(2))
    for _ in range(50):
        strikes(other, 3)
        assert strikes(one, 1, method="POST") == strikes(other, 1, method="POST")


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_has_the_same_chances(seed: int) -> None:
    """Two runs strike the same; another seed strikes otherwise."""

    def run(seed: int) -> list[bool]:
        return strikes(faults(seed).add("http", "status", probability=0.5), 100)

    assert run(seed) == run(seed)
    assert run(seed) != run(seed + 1)


def test_rules_draw_for_themselves() -> None:
    """Two rules alike strike different requests, and none changes what another draws."""
    alone = strikes(faults().add("http", "status", probability=0.5), 100)
    rules = faults()
    first, second = (rules.add("http", "status", probability=0.5) for _ in range(2))
    seen, other = [], []
    for _ in range(100):
        seen += strikes(first, 1)
        other += strikes(second, 1)
    assert seen == alone
    assert other != alone


def test_what_is_drawn() -> None:
    """One of several statuses, anything within a range of delays, or what is given."""
    rules = faults()
    several = rules.add("http", "status", status=[500, 502, 503])
    assert {several.draw("status") for _ in range(100)} == {500, 502, 503}
    delay = rules.add("http", "delay", delay_ms=[10, 20])
    drawn = [delay.draw("delay_ms") for _ in range(200)]
    assert (min(drawn), max(drawn)) == (10, 20)
    assert all(isinstance(each, int) for each in drawn)
    assert rules.add("http", "delay", delay_ms=7).draw("delay_ms") == 7


# which of several


def test_of_two_rules_the_older_one_strikes() -> None:
    """The younger has its turn once the older is used up, or where the older does not match."""
    rules = faults()
    older = rules.add("http", "status", status=500, times=1, method="GET")
    younger = rules.add("http", "status", status=502)
    assert struck(rules, "http", {**REQUEST, "method": "POST"}) == [younger]
    assert struck(rules, "http", REQUEST) == [older]
    assert struck(rules, "http", REQUEST) == [younger]
    assert (older.used, younger.used) == (1, 2)


def test_one_use_for_what_is_struck_once() -> None:
    """The younger rule for the same fault is not used up beside the older."""
    rules = faults()
    rules.add("http", "reset")
    younger = rules.add("http", "reset", times=1)
    struck(rules, "http", REQUEST)
    assert younger.used == 0


def test_different_faults_strike_together() -> None:
    """Each by its oldest rule, and only those that are asked for."""
    rules = faults()
    added = [rules.add("http", fault) for fault in ("delay", "truncated", "delay", "status")]
    assert struck(rules, "http", REQUEST) == [added[0], added[1], added[3]]
    assert list(rules.take("http", ("status",), REQUEST)) == ["status"]
    assert [rule.used for rule in added] == [1, 1, 0, 2]


# the list


def test_the_list_of_rules() -> None:
    """In their order; one can go by its id, all of a kind, or all."""
    rules = faults()
    assert not rules
    first, second, third = (
        rules.add(kind, fault)
        for kind, fault in (("http", "reset"), ("socket", "vanish"), ("http", "lost"))
    )
    assert rules
    assert list(rules) == [first, second, third]
    assert len({rule.id for rule in rules}) == 3
    assert rules.remove(first.id)
    assert not rules.remove(first.id)
    rules.clear("socket")
    assert list(rules) == [third]
    rules.clear()
    assert list(rules) == []


def test_watchers_hear_of_each_new_rule() -> None:
    """Those who wait for a rule's time."""
    rules, heard = faults(), list[FaultRule]()
    rules.watchers.append(heard.append)
    added = rules.add("socket", "close", at_ms=5)
    assert heard == [added]


@pytest.mark.parametrize(("kind", "fault"), EVERY_FAULT)
def test_a_rule_as_json(kind: str, fault: str) -> None:
    """All that it could be matched by, its options with their defaults, and its use."""
    shown = faults().add(kind, fault, times=3).to_json()
    options = KINDS[kind].faults[fault].options
    assert set(shown) == {
        "id", "kind", "fault", "times", "probability", "used", *KINDS[kind].matched_by, *options
    }  # fmt: skip
    assert {name: shown[name] for name in options} == dict(options)
    assert (shown["times"], shown["probability"], shown["used"]) == (3, None, 0)


def test_options_are_a_rules_own() -> None:
    """What is given counts, and the next rule has the defaults again."""
    rules = faults()
    mine = rules.add("http", "status", status=429, headers={"A": "b"}, body={"c": 1})
    assert (mine.options["status"], mine.options["headers"]) == (429, {"A": "b"})
    other = rules.add("http", "status")
    assert other.options == KINDS["http"].faults["status"].options


def test_every_field_has_its_form() -> None:
    """What a rule may say is what the control API can check."""
    for kind in KINDS.values():
        for fault in kind.faults.values():
            assert {*kind.matched_by, *fault.options} <= FIELDS.keys()


# keeping and bringing back


def test_a_snapshot_stays_as_it_was() -> None:
    """Rules that are used or added later are as before after a restore, as often as one likes."""
    rules = faults()
    rules.add("http", "status", probability=0.5)
    strikes(next(iter(rules)), 10)
    kept = rules.snapshot()
    runs = []
    for _ in range(2):
        rules.restore(kept)
        [rule] = rules
        used = rule.used
        runs.append((used, strikes(rule, 50)))
        rules.add("http", "reset")
    assert runs[0] == runs[1]
    assert True in runs[0][1]


def test_a_restore_goes_on_where_the_snapshot_was() -> None:
    """The draws that follow are those that would have followed."""
    rules = faults()
    rule = rules.add("http", "status", probability=0.5)
    strikes(rule, 10)
    kept = rules.snapshot()
    would = strikes(rule, 50)
    rules.restore(kept)
    assert strikes(next(iter(rules)), 50) == would


def test_no_two_rules_draw_the_same_after_a_restore() -> None:
    """Also if some rules were taken back before the snapshot."""
    rules = faults()
    gone = rules.add("http", "reset")
    rules.add("http", "status", probability=0.5)
    rules.remove(gone.id)
    rules.restore(rules.snapshot())
    [kept] = rules
    added = rules.add("http", "status", probability=0.5)
    assert strikes(kept, 100) != strikes(added, 100)


# mistakes


@pytest.mark.parametrize(
    ("kind", "fault", "fields", "field", "words"),
    [
        ("htp", "status", {}, "kind", "no kind of fault 'htp' (did you mean 'http'?)"),
        ("smtp", "x", {}, "kind", "known: http, socket, webhook, model, call"),
        ("http", "stats", {}, "fault", "no http fault 'stats' (did you mean 'status'?)"),
        ("socket", "vanish ", {}, "fault", "(did you mean 'vanish'?)"),
        ("socket", "truncated", {}, "fault", "known: refuse, close"),
        ("http", "status", {"oper": "x"}, "oper", "has no field 'oper' (did you mean 'operation'"),
        ("http", "status", {"turn": 1}, "turn", "a http fault 'status' has no field 'turn'"),
        ("socket", "close", {"delay_ms": 1}, "delay_ms", "it has chat_id, turn, frame, type"),
        ("http", "reset", {"status": 500}, "status", "operation, method, path, times, probability"),
        ("http", "status", {"headers": {"a b": "c"}}, "headers", "'a b' is not a header name"),
        ("http", "status", {"headers": {"": "c"}}, "headers", "'' is not a header name"),
    ],
)
def test_a_mistake(kind: str, fault: str, fields: dict[str, Any], field: str, words: str) -> None:
    """It names the field, what comes closest and what there is, and adds no rule."""
    rules = faults()
    with pytest.raises(FaultMistake) as wrong:
        rules.add(kind, fault, **fields)
    assert wrong.value.field == field
    assert words in str(wrong.value)
    assert list(rules) == []


@pytest.mark.parametrize(
    ("match", "options", "message"),
    [
        (
            {"turn": 1},
            {"delay_ms": 5},
            "a http fault 'delay' is matched by operation, method, path, not by 'turn'",
        ),
        (
            {},
            {"delay_ms": 5, "code": 1},
            "a http fault 'delay' has no option 'code'; its options: ",
        ),
        ({}, {}, "a http fault 'delay' lacks its option 'delay_ms'"),
    ],
)
def test_a_rule_as_it_was_written_down(
    match: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    """What is too much in it, or missing, is named as what it is."""
    with pytest.raises(FaultMistake) as caught:
        check_rule(FaultRule("id", "http", "delay", match, options))
    assert str(caught.value).startswith(message)


def test_a_rule_from_before_an_option_existed() -> None:
    """An option that needs no value may be missing: an older snapshot lacks newer ones."""
    options = {"status": 503, "headers": {}}
    check_rule(FaultRule("id", "http", "status", {}, options))
