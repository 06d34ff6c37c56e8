"""The trees of fields that schemas know, and what values use of them."""

from typing import Any

import pytest

from emulator.openapi.document import load_document
from emulator.openapi.fields import Field, Use, body_fields, compile_definitions, use_of
from emulator.openapi.operation import compile_operations
from emulator.web.app import App

JsonObject = dict[str, Any]


def tree(schema: JsonObject, **definitions: JsonObject) -> Field:
    return compile_definitions({**schema, "$defs": definitions})


def names(root: Field) -> list[str]:
    return [field.name for field in root]


def used(root: Field, value: Any) -> tuple[list[str], list[str]]:
    """The names that are known, and the places of those that are not."""
    use = use_of(root, value, ("body",))
    return use.known, ["/".join(map(str, loc)) for loc, _ in use.unknown]


def thing(*fields: str, **more: Any) -> JsonObject:
    """The schema of an object with these text fields, and others."""
    return {"type": "object", "properties": {**dict.fromkeys(fields, {"type": "string"}), **more}}


def tagged(tag: str, *fields: str) -> JsonObject:
    return thing(*fields, type={"const": tag})


def test_objects_within_objects() -> None:
    """Each field has the names of those above it; a scalar has no more below it."""
    root = tree(thing("a", b=thing("c")))
    assert names(root) == ["/a", "/b", "/b/c"]
    assert used(root, {"a": "x", "b": {"c": "y", "d": "z"}, "e": 1}) == (
        ["/a", "/b", "/b/c"],
        ["body/b/d", "body/e"],
    )


def test_what_is_known_there_is_told() -> None:
    """For whoever looks for the closest name."""
    root = tree(thing("a", b=thing("c", "d")))
    assert use_of(root, {"b": {"e": 1}}, ()).unknown == [(("b", "e"), ("c", "d"))]


def test_lists() -> None:
    """Items have one name, whatever their index; a list of lists has one more star."""
    root = tree(thing(tools={"type": "array", "items": thing("id")}))
    assert names(root) == ["/tools", "/tools/*/id"]
    value = {"tools": [{"id": "1"}, None, {"id": "2", "x": 1}]}
    assert used(root, value) == (["/tools", "/tools/*/id", "/tools/*/id"], ["body/tools/2/x"])

    rows = {"type": "array", "items": {"type": "array", "items": thing("id")}}
    assert used(tree(rows), [[{"id": ""}], [{"di": ""}]]) == (["/*/*/id"], ["body/1/0/di"])


def test_an_object_without_properties_may_hold_anything() -> None:
    """Free-form metadata is nobody's mistake."""
    root = tree(thing(metadata={"type": "object"}))
    assert used(root, {"metadata": {"a": {"b": [1]}}}) == (["/metadata"], [])


@pytest.mark.parametrize("value", [None, "text", 3, True, ["a"], [[]]])
def test_a_value_of_another_shape(value: Any) -> None:
    """It is the validation's to refuse; there is nothing to find in it."""
    assert used(tree(thing(b=thing("c"))), {"b": value}) == (["/b"], [])
    assert used(tree(thing("b")), value) == ([], [])


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_null_or_an_object(keyword: str) -> None:
    """As pydantic and OpenAPI 3.1 write what may be left out."""
    root = tree(thing(a={keyword: [{"$ref": "#/$defs/Part"}, {"type": "null"}]}), Part=thing("b"))
    assert names(root) == ["/a", "/a/b"]
    assert used(root, {"a": {"b": "", "c": ""}}) == (["/a", "/a/b"], ["body/a/c"])
    assert used(root, {"a": None}) == (["/a"], [])


def test_null_or_a_list() -> None:
    """The items' fields are found through the union."""
    root = tree(thing(a={"anyOf": [{"type": "array", "items": thing("b")}, {"type": "null"}]}))
    assert used(root, {"a": [{"b": "", "c": ""}]}) == (["/a", "/a/*/b"], ["body/a/0/c"])


def test_a_union_without_tags() -> None:
    """What any of its members knows is known."""
    root = tree({"oneOf": [thing("id"), thing("text")]})
    assert used(root, {"id": "", "text": "", "x": ""}) == (["/id", "/text"], ["body/x"])


def test_a_union_with_tags() -> None:
    """The value's type says which member counts: a field of another one is unknown."""
    root = tree({"oneOf": [tagged("a", "one"), tagged("b", "two")]})
    assert used(root, {"type": "a", "one": ""}) == (["/type", "/one"], [])
    assert used(root, {"type": "b", "one": ""}) == (["/type"], ["body/one"])
    assert used(root, {"type": "c", "one": ""}) == ([], [])  # which the validation refuses
    assert used(root, {"one": ""}) == ([], [])


def test_an_enumeration_may_be_a_tag() -> None:
    """One member may have several."""
    one = thing("x", type={"enum": ["a", "b"]})
    root = tree({"anyOf": [one, tagged("c", "y")]})
    for tag in ("a", "b"):
        assert used(root, {"type": tag, "y": ""}) == (["/type"], ["body/y"])
    assert used(root, {"type": ["c"], "y": ""}) == ([], [])  # no text, so no tag


def test_a_schema_that_refers_to_itself() -> None:
    """It is followed to a depth; below, any names are good, and nothing hangs."""
    node = thing("name", child={"$ref": "#/$defs/Node"})
    root = tree({"$ref": "#/$defs/Node"}, Node=node)
    assert len(names(root)) < 100
    value: JsonObject = {"name": ""}
    for _ in range(200):
        value = {"child": value}
    known, unknown = used(root, value)
    assert unknown == []
    assert known == sorted(known, key=len)
    assert used(root, {"child": {"child": {"nmae": ""}}})[1] == ["body/child/child/nmae"]


def test_a_union_that_may_be_null() -> None:
    """The members of the union inside are told apart all the same."""
    union = {"oneOf": [tagged("a", "x"), tagged("b", "y")]}
    root = tree(thing(u={"anyOf": [union, {"type": "null"}]}))
    assert used(root, {"u": {"type": "a", "y": "1"}})[1] == ["body/u/y"]
    assert used(root, {"u": {"type": "b", "y": "1"}})[1] == []


def test_deprecated_fields_and_odd_numbers() -> None:
    """Each with its place."""
    root = tree(thing(old={"type": "string", "deprecated": True}, n={"type": ["integer", "null"]}))
    use = use_of(root, {"old": None, "n": 600.0}, ("body",))
    assert use == Use(["/old", "/n"], [], [("body", "old")], [(("body", "n"), 600.0)], [])
    number = tree(thing(n={"anyOf": [{"type": "integer"}, {"type": "number"}]}))
    assert use_of(number, {"n": 600.0}, ()).fractions == []


def test_shapes_are_remembered_within_bounds() -> None:
    """Of usual objects only: a client may send keys of any length, and as many as it likes."""
    root = tree(thing(name={"type": "string"}, free={"type": "object"}))
    for keys in (("name",), ("x" * 10_000,), tuple(map(str, range(1_000)))):
        assert root.shape(keys) == root.shape(keys)
    assert list(root._shapes) == [("name",)]
    for number in range(1_000):
        root.shape(("name", str(number)))
        root.children["free"].shape((str(number),))
    assert len(root._shapes) == 64
    assert len(root.children["free"]._shapes) == 0


def test_the_bodies_of_the_document(app: App) -> None:
    """Every operation with a body has a tree, the others none; names tell the operation."""
    document = load_document(str(app.document.path))
    operations = compile_operations(document)
    trees = {each.id: body_fields(document, each) for each in operations}
    assert {id for id, root in trees.items() if root} == {
        each.id for each in operations if each.request_body
    }
    for id, root in trees.items():
        fields = names(root) if root else []
        assert all(name.startswith(f"{id} /") for name in fields)
        assert fields or not root
    assert {"create-config /voice/provider", "create-config /tools/*/id"} <= {
        name for root in trees.values() if root for name in names(root)
    }
