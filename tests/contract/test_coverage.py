"""What there is to exercise, and how what was exercised is counted."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.apis.evi.chat.messages import ClientMessage, ServerMessage
from emulator.apis.evi.chat_store import CHAT_STATUSES
from emulator.apis.evi.contract.surface import EVI_COVERAGE_PARTS
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.findings import EVI_FINDINGS
from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.contract.coverage import (
    Coverage,
    Item,
    Part,
    cover,
    read_minimum,
    too_little,
)
from emulator.contract.findings import FINDINGS, Finding, find, register_findings
from emulator.contract.ledger import MOST_FINDINGS, ClientLedger
from emulator.contract.surface import PARTS, ApiSurface, SurfacePart, register_parts
from emulator.errors import UsageError
from emulator.jsontext import JsonObject
from emulator.web.app import App
from tests.contract.reports import SMALL_SURFACE

# the surface


@pytest.fixture(scope="module")
def surface(app: App) -> ApiSurface:
    found = app.surfaces[0]
    return found


def test_it_has_every_part_and_no_name_twice(surface: ApiSurface) -> None:
    """In the order of the table, whose last parts are those of other APIs."""
    assert list(surface) == [
        part for part in PARTS if not part.startswith(("speech_", "expression_"))
    ]
    for names in surface.values():
        assert names
        assert len(set(names)) == len(names)


def test_operations_statuses_and_parameters(surface: ApiSurface, app: App) -> None:
    """All that the document declares, read here by itself."""
    paths = app.document.content["paths"]
    declared = [
        operation
        for item in paths.values()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    assert len(declared) == 35
    assert set(surface["operations"]) == {each["operationId"] for each in declared}
    assert set(surface["statuses"]) == {
        f"{each['operationId']} {status}"
        for each in declared
        for status in each["responses"]
        if status.isdigit() and status not in ("401", "413")
    }
    assert set(surface["parameters"]) == {
        f"{each['operationId']} {parameter['name']}"
        for each in declared
        for parameter in map(app.document.follow, each.get("parameters", ()))
        if parameter["in"] == "query"
    }


def test_bodies_have_all_their_fields(surface: ApiSurface, app: App) -> None:
    """The top level of each body is what its schema has; nested fields are there, too."""
    names = set(surface["body_fields"])
    for operation in app.operations:
        if operation.request_body is None:
            continue
        schema = app.document.follow(app.document.at(operation.request_body))
        for name in schema.get("properties", {}):
            assert f"{operation.id} /{name}" in names
    assert "create-config /timeouts/inactivity/duration_secs" in names
    assert "create-config /webhooks/*/events" in names


def test_messages_both_ways(surface: ApiSurface) -> None:
    """Each model of the unions has its type there, and its fields if a client sends it."""

    def kinds(union: Any) -> set[str]:
        return {each.model_fields["type"].default for each in get_args(union)}

    assert set(surface["messages_sent"]) == {*kinds(ClientMessage), "(binary audio)"}
    assert set(surface["messages_received"]) == kinds(ServerMessage)
    assert {f"{model.model_fields['type'].default} /{name}" for model in get_args(ClientMessage)
            for name in model.model_fields} <= set(surface["message_fields"])  # fmt: skip
    assert "session_settings /audio/sample_rate" in surface["message_fields"]


def test_the_rest_of_it(surface: ApiSurface) -> None:
    """The service's errors without those of emulators, ends of chats, events of webhooks."""
    codes = {each.code for each in CHAT_ERRORS.values() if not each.code.startswith("EMU")}
    assert {name.split()[0] for name in surface["error_codes"]} == codes
    assert codes
    assert set(surface["chat_ends"]) == {*CHAT_STATUSES} - {"ACTIVE"}
    assert set(surface["webhooks"]) == set(EVENT_NAMES)
    assert {"config_id", "resumed_chat_group_id", "session_settings/system_prompt"} <= set(
        surface["chat_parameters"]
    )


# counting


def coverage(ledger: ClientLedger) -> Coverage:
    return cover(ledger, [SMALL_SURFACE])


def part(ledger: ClientLedger, name: str) -> Part:
    [found] = [each for each in coverage(ledger).parts if each.name == name]
    return found


def test_nothing_is_nothing() -> None:
    """Every part is there, at zero."""
    found = coverage(ClientLedger())
    assert [each.name for each in found.parts] == list(PARTS)
    assert (found.percent, {each.percent for each in found.parts}) == (0.0, {0.0})
    assert found.parts[0].missing == list(SMALL_SURFACE["operations"])


def test_only_success_exercises_an_operation() -> None:
    """Its other answers are in the detail, and count among the statuses."""
    ledger = ClientLedger()
    ledger.answers.update({("list-a", 422): 2, ("make-a", 201): 3, ("make-a", 400): 1})
    operations, statuses = part(ledger, "operations"), part(ledger, "statuses")
    assert operations.items == [
        Item("list-a", 0, detail={"422": 2}),
        Item("make-a", 3, detail={"201": 3, "400": 1}),
    ]
    assert (operations.covered, operations.total, operations.percent) == (1, 2, 50.0)
    assert [item.name for item in statuses.items if item.count] == [
        "list-a 422",
        "make-a 201",
        "make-a 400",
    ]


def test_names_that_are_used_together_are_kept_within_bounds() -> None:
    """Also in a ledger that takes over those of worlds; no use is lost."""
    total = ClientLedger()
    total.use("parameters", ["many"] * 10_000)
    for number in range(30):
        ledger = ClientLedger()
        for other in range(100):
            ledger.use("parameters", ["a", f"{number} {other}"][: 1 + other % 2])
            ledger.use("parameters", ["a", "b", *["c"] * (100 * number + other)])
        total.merge(ledger)
    assert total.used["parameters"]["many"] == 10_000
    assert total.used["parameters"]["a"] == 30 * 200
    assert total.used["parameters"]["b"] == 30 * 100
    assert total.used["parameters"]["c"] == sum(range(3_000))
    kept = total._used["parameters"]
    assert len(kept) < 3_000
    assert sum(map(len, kept)) < 200_000
    assert ClientLedger.from_json(total.to_json()).used == total.used


OTHER_SURFACE: ApiSurface = {
    "operations": ("list-b",),
    "statuses": ("list-b 200",),
    "parameters": (),
    "body_fields": (),
    "sounds": ("one", "two"),
}


def test_another_api_counts_once_it_has_answered() -> None:
    """Its names follow those of the first API, its own parts come last; before, all is extra."""
    ledger = ClientLedger()
    ledger.use("sounds", ["one"])
    assert cover(ledger, [SMALL_SURFACE, OTHER_SURFACE]) == cover(ledger, [SMALL_SURFACE])
    ledger.answers["list-b", 404] = 1
    alone = cover(ledger, [SMALL_SURFACE])
    assert alone.parts[0].items[-1] == Item("list-b", 0, extra=True, detail={"404": 1})
    found = cover(ledger, [SMALL_SURFACE, OTHER_SURFACE])
    assert [each.name for each in found.parts] == [*PARTS, "sounds"]
    assert found.parts[0].items[-1] == Item("list-b", 0, detail={"404": 1})
    assert found.parts[0].missing == ["list-a", "make-a", "list-b"]
    assert "list-b 200" in found.parts[1].missing
    assert (found.parts[-1].covered, found.parts[-1].total) == (1, 2)


def test_the_first_api_counts_without_an_answer() -> None:
    """Whatever the order of what was answered."""
    ledger = ClientLedger()
    ledger.answers["make-a", 201] = 1
    found = cover(ledger, [OTHER_SURFACE, SMALL_SURFACE])
    assert found.parts[0].missing == ["list-b", "list-a"]
    assert [item.name for item in cover(ledger, [OTHER_SURFACE]).parts[0].items if item.extra] == [
        "make-a"
    ]


def test_further_apis_count_once_they_are_used(app: App) -> None:
    """The voices are not asked for, until a client has had an answer from one of them."""
    ledger = ClientLedger()
    assert cover(ledger, app.surfaces).parts[0].total == 35
    ledger.answers["list-voices", 200] = 1
    operations = cover(ledger, app.surfaces).parts[0]
    assert Item("list-voices", 1, detail={"200": 1}) in operations.items
    assert (operations.covered, operations.total) == (1, 38)


def test_a_part_and_a_kind_have_one_meaning() -> None:
    """Whoever registers another one is told; registering the same one again does nothing."""
    before = dict(PARTS), dict(FINDINGS)
    register_parts(EVI_COVERAGE_PARTS)
    register_findings(EVI_FINDINGS)
    with pytest.raises(ValueError, match="'webhooks'"):
        register_parts([SurfacePart("webhooks", "others", tuple)])
    with pytest.raises(ValueError, match="'path_unknown'"):
        register_findings({"path_unknown": EVI_FINDINGS["chat_refused"]})
    assert (dict(PARTS), dict(FINDINGS)) == before


def test_what_is_not_asked_for_is_extra() -> None:
    """It shows, after the rest, and counts for nothing: no part has more than it has."""
    ledger = ClientLedger()
    ledger.answers["voices", 200] = 4
    ledger.answers["list-a", 503] = 1
    ledger.use("error_codes", ["EMU01 mine", "E1 one"])
    operations, errors = part(ledger, "operations"), part(ledger, "error_codes")
    assert operations.items[-1] == Item("voices", 4, extra=True, detail={"200": 4})
    assert (operations.covered, operations.total) == (0, 2)
    assert errors.items == [Item("E1 one", 1), Item("EMU01 mine", 1, extra=True)]
    assert (errors.percent, errors.missing) == (100.0, [])
    extra = [item.name for item in part(ledger, "statuses").items if item.extra]
    assert extra == ["voices 200", "list-a 503"]


def test_each_part_counts_alike() -> None:
    """The whole is their mean, however many names they have."""
    ledger = ClientLedger()
    ledger.use("error_codes", ["E1 one"])
    assert coverage(ledger).percent == 5.5  # one of eighteen, in full


@pytest.mark.parametrize("total", [1001, 2001, 100_000])
def test_a_gap_is_never_rounded_away(total: int) -> None:
    """100 % is all of it, for a part and for the whole."""
    almost = Part("a", [Item(str(number), number) for number in range(total)])
    assert almost.missing == ["0"]
    assert almost.percent == 99.9
    whole = [Part(f"b{number}", [Item("x", 1)]) for number in range(200)]
    assert Coverage([almost, *whole]).percent == 99.9
    assert Coverage(whole).percent == 100.0


@given(st.lists(st.lists(st.integers(0, 2), max_size=9), min_size=1, max_size=5))
def test_percents_are_percents(counts: list[list[int]]) -> None:
    """From 0 to 100, 100 only without a gap, 0 if there is nothing but gaps."""
    parts = [
        Part(str(number), [Item(str(index), count) for index, count in enumerate(each)])
        for number, each in enumerate(counts)
    ]
    found = Coverage(parts)
    assert (found.percent == 100) == all(not each.missing for each in parts)
    for each in parts:
        assert 0 <= each.percent <= 100
        assert each.covered + len(each.missing) == each.total
        assert (each.percent == 100) == (not each.missing)


# least coverages


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("80", (None, 80.0)),
        ("0", (None, 0.0)),
        ("operations=100", ("operations", 100.0)),
        ("body_fields=12.5", ("body_fields", 12.5)),
    ],
)
def test_minimums(text: str, wanted: tuple[str | None, float]) -> None:
    """Of all of it, or of a part."""
    assert read_minimum(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("operation=80", "no coverage part 'operation' (did you mean 'operations'?)"),
        ("=80", "no coverage part ''; known: operations, "),
        ("a=operations=80", "no coverage part 'a=operations'"),
        ("operations=", "a least coverage is a number from 0 to 100, got ''"),
        ("", "a least coverage is a number from 0 to 100, got ''"),
        ("80%", "got '80%'"),
        ("101", "got '101'"),
        ("-1", "got '-1'"),
        ("nan", "got 'nan'"),
        ("inf", "got 'inf'"),
        ("operations", "got 'operations'"),
    ],
)
def test_minimums_that_are_none(text: str, message: str) -> None:
    """The message says what there is."""
    with pytest.raises(UsageError) as caught:
        read_minimum(text)
    assert message in str(caught.value)


def test_too_little() -> None:
    """A sentence for each minimum that is missed, with what is missing; none for those reached."""
    ledger = ClientLedger()
    ledger.use("messages_sent", ["m3"])
    least = {"messages_sent": 50, "operations": 0, None: 2}
    assert list(too_little(coverage(ledger), least)) == [
        "messages_sent: 12.5 % of 50 % wanted; never: m0, m1, m2, m4, m5 and 2 more",
        "coverage: 0.6 % of 2 % wanted",
    ]
    assert list(too_little(coverage(ledger), {"messages_sent": 12.5, None: 0.6})) == []
    assert list(too_little(coverage(ledger), {})) == []


# as plain data, and together

names = st.text(max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
words = st.text("abc/~ \n\u00e9", max_size=4)  # no digits: a place does not tell 0 from "0"
steps = st.lists(words | st.integers(0, 5), min_size=1, max_size=3)  # the first says where
found = st.builds(
    lambda code, loc, expected, got, hint: Finding(code, tuple(loc), expected, got, hint),
    st.sampled_from(list(FINDINGS)),
    steps,
    names,
    values,
    names,
)
uses = st.one_of(
    st.tuples(st.just("use"), st.sampled_from(list(PARTS)), st.lists(names, max_size=3)),
    st.tuples(st.just("answer"), names, st.integers(100, 599)),
    st.tuples(st.just("add"), names, st.lists(found, max_size=2), st.integers(0, 9)),
)


def shown(acts: list[Any]) -> ClientLedger:
    """A contract to which all this has happened."""
    ledger = ClientLedger()
    for kind, *what in acts:
        if kind == "use":
            ledger.use(*what)
        elif kind == "answer":
            ledger.answers[what[0], what[1]] += 1
        else:
            ledger.add(*what)
    return ledger


@given(st.lists(uses, max_size=8))
def test_it_goes_to_another_process_and_back(acts: list[Any]) -> None:
    """As JSON text, with nothing lost."""
    ledger = shown(acts)
    content = ledger.to_json()
    again = ClientLedger.from_json(json.loads(json.dumps(content)))
    assert again.to_json() == content
    assert (again.answers, again.used) == (ledger.answers, ledger.used)


@given(st.lists(uses, max_size=6), st.lists(uses, max_size=6))
def test_two_together_are_as_one(first: list[Any], second: list[Any]) -> None:
    """What happened in two worlds counts as if it had been one, but for the journals' numbers."""
    merged, whole = shown(first), shown([*first, *second])
    merged.merge(shown(second))
    assert _without_numbers(merged) == _without_numbers(whole)


def _without_numbers(ledger: ClientLedger) -> JsonObject:
    content = ledger.to_json()
    for found in content["findings"]:
        del found["first_seq"], found["last_seq"]
    return content


def test_a_merged_finding_has_no_number() -> None:
    """It would be one of several journals."""
    one = shown([("add", "a", [find("body_unexpected", ("body",))], 3)])
    one.merge(shown([("add", "a", [find("body_unexpected", ("body",))], 7)]))
    assert [(each.first_seq, each.last_seq) for each in one.found] == [(0, 0)]


def test_merging_leaves_the_other_alone() -> None:
    """Later counts of one are not those of the other."""
    one, other = ClientLedger(), shown([("add", "a", [find("body_unexpected", ("body",))], 1)])
    one.merge(other)
    one.merge(other)
    assert ([each.count for each in one.found], [each.count for each in other.found]) == ([2], [1])
    other.clear()
    assert len(one.found) == 1
    assert other.to_json() == ClientLedger().to_json()


def test_findings_alike_are_one() -> None:
    """Counted, with the journal's first and last entry; another value makes another one."""
    ledger = ClientLedger()
    for seq, got in ((3, "a"), (5, "b"), (8, "a"), (9, 1), (10, "1")):
        ledger.add("send", [Finding("field_unknown", ("body",), "x", got)], seq)
    told = [(each.finding.got, each.count, each.first_seq, each.last_seq) for each in ledger.found]
    assert told == [("a", 2, 3, 8), ("b", 1, 5, 5), (1, 1, 9, 9), ("1", 1, 10, 10)]


def test_so_many_and_no_more() -> None:
    """A thousand different ones are kept; those beyond are counted, those known still count."""
    ledger = ClientLedger()
    for number in range(MOST_FINDINGS + 7):
        ledger.add("send", [Finding("field_unknown", ("body",), "x", number)], number + 1)
    ledger.add("send", [Finding("field_unknown", ("body",), "x", 0)], 2_000)
    assert (len(ledger.found), ledger.dropped) == (MOST_FINDINGS, {"field_unknown": 7})
    assert (ledger.found[0].count, ledger.found[0].last_seq) == (2, 2_000)
    merged = ClientLedger()
    merged.merge(ledger)
    merged.merge(shown([("add", "other", [find("body_unexpected", ("body",))], 1)]))
    assert len(merged.found) == MOST_FINDINGS
    assert merged.dropped == {"field_unknown": 7, "body_unexpected": 1}
    assert (
        ClientLedger.from_json(json.loads(json.dumps(merged.to_json()))).dropped == merged.dropped
    )


@pytest.mark.parametrize("size", [301, 100_000])
def test_what_is_kept_of_it_is_short(size: int) -> None:
    """A name of 100 kB is not copied into each of a thousand findings."""
    long = "x" * size
    ledger = ClientLedger()
    finding = find("field_unknown", ("body", long, 3), long, known=long, hint=long)
    ledger.add(long, [finding], 1)
    [found] = ledger.to_json()["findings"]
    assert len(json.dumps(found)) < 3_500
    assert found["place"] == f"/body/{'x' * 300}... ({size} characters)/3"
    assert found["subject"].endswith(f"({size} characters)")
