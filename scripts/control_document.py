"""Writes what others read of the control API's document: control-openapi.yaml, docs/control.md."""

from collections.abc import Iterator
from pathlib import Path

from emulator.apis.apis import APIS
from emulator.extras.mounts import MOUNTS
from emulator.jsontext import JsonObject
from emulator.openapi.parts import FoundOperation, operations_of
from emulator.web.control.document import ControlDocument, control_parts

ROOT = Path(__file__).resolve().parent.parent
YAML, PAGE = ROOT / "control-openapi.yaml", ROOT / "docs" / "control.md"
_HEAD = "# Made by `make control-document`; the parts lie beside the code of the routes.\n"
_ANY_ROUTE = {"403", "429", "500"}  # errors that the page explains once
_MOST_FIELDS = 8  # of a body, before the page names its schema only
_INTRODUCTION = """\
<!-- Made by `make control-document`. -->
# The control API

Tests use these routes to look into an emulator and to drive it. Most of them act on the *world* of
the caller's key: the data that belongs to the key alone. Send the key as you send it to the API
itself: in the header `X-Hume-Api-Key`, as `Authorization: Bearer TOKEN`, or as `?api_key=` or
`?access_token=`.

[control-openapi.yaml](../control-openapi.yaml) describes every body and answer as an OpenAPI
document, which a running emulator serves at `/openapi/control.json` and `/openapi/control.yaml`.

In the tables, required fields of a body are **bold**. Errors that any route can answer:

| status | means |
|---|---|
"""


def page(content: JsonObject) -> str:
    """Return docs/control.md."""
    return "\n".join((_INTRODUCTION + "\n".join(_errors(content)), *_sections(content))) + "\n"


def _errors(content: JsonObject) -> Iterator[str]:
    responses = content["components"]["responses"]
    for status, name in (("403", "Forbidden"), ("429", "TooManyWorlds"), ("500", "ServerError")):
        yield f"| {status} | {responses[name]['description']} |"


def _sections(content: JsonObject) -> Iterator[str]:
    for tag in content["tags"]:
        operations = [
            each for each in operations_of(content).values() if tag["name"] in each.content["tags"]
        ]
        yield f"\n## {tag['name']}\n\n{tag['description']}{_link(tag)}\n"
        yield "| route | does | takes | answers | errors |\n|---|---|---|---|---|"
        yield from (_row(content, each) for each in operations)
        terms = dict.fromkeys(term for each in operations for term in _terms(content, each))
        if terms:
            yield "\n" + "\n".join(terms)


def _link(tag: JsonObject) -> str:
    if "externalDocs" not in tag:
        return ""
    target = tag["externalDocs"]["url"].removeprefix("docs/")
    return f" [{target.partition('#')[0]}]({target}) has more."


def _terms(content: JsonObject, found: FoundOperation) -> Iterator[str]:
    """Yield a line for each query parameter, and each field of a body, that has a description."""
    for each in _queried(content, found):
        if "description" in each:
            yield f"- `?{each['name']}=`: {each['description']}{_values(content, each['schema'])}"
    for body in found.content.get("requestBody", {}).get("content", {}).values():
        fields = _follow(content, body["schema"]).get("properties", {})
        for name, schema in fields.items():
            if "description" in schema and len(fields) <= _MOST_FIELDS:
                yield f"- `{name}`: {schema['description']}"


def _values(content: JsonObject, schema: JsonObject) -> str:
    """Return a sentence with the values of an enum, and one with the default."""
    values = _follow(content, schema).get("enum", ())
    default = schema.get("default")
    either = f" One of {', '.join(f'`{value}`' for value in values)}." if len(values) > 2 else ""
    return either + ("" if default in (None, "false") else f" Default: `{default}`.")


def _row(content: JsonObject, found: FoundOperation) -> str:
    path, method, operation = found
    does = operation["summary"][0].lower() + operation["summary"][1:]
    more = f". {operation['description']}" if "description" in operation else ""
    errors = [
        status for status in operation["responses"] if status >= "400" and status not in _ANY_ROUTE
    ]
    cells = (
        f"`{method.upper()} {path}`",
        does + more,
        "; ".join(_takes(content, found)),
        "; ".join(_answers(content, operation)),
        ", ".join(errors),
    )
    return f"| {' | '.join(cells)} |"


def _takes(content: JsonObject, found: FoundOperation) -> Iterator[str]:
    queried = [f"`?{each['name']}=`" for each in _queried(content, found)]
    if queried:
        yield ", ".join(queried)
    for media_type, body in found.content.get("requestBody", {}).get("content", {}).items():
        yield _shape(content, media_type, body["schema"])


def _queried(content: JsonObject, found: FoundOperation) -> list[JsonObject]:
    """Return the query parameters of an operation."""
    shared = content["paths"][found.path].get("parameters", ())
    given = [_follow(content, each) for each in (*shared, *found.content.get("parameters", ()))]
    return [each for each in given if each["in"] == "query"]


def _answers(content: JsonObject, operation: JsonObject) -> Iterator[str]:
    for status, response in operation["responses"].items():
        if status < "400":
            bodies = _follow(content, response).get("content", {}).items()
            shapes = [_shape(content, kind, body["schema"], mark=False) for kind, body in bodies]
            yield f"{status} {', '.join(shapes)}".strip()


def _shape(content: JsonObject, media_type: str, schema: JsonObject, mark: bool = True) -> str:
    """Return the fields of a body, the name of its schema, or else its media type."""
    if "anyOf" in schema:
        return " or ".join(_shape(content, media_type, each, mark) for each in schema["anyOf"])
    properties = _follow(content, schema).get("properties", {})
    if not properties and schema.get("additionalProperties") is False:
        return "`{}`"
    if not 0 < len(properties) <= _MOST_FIELDS:
        return f"`{schema['$ref'].split('/')[-1] if '$ref' in schema else media_type}`"
    required = _follow(content, schema).get("required", ()) if mark else ()
    return ", ".join(f"**`{name}`**" if name in required else f"`{name}`" for name in properties)


def _follow(content: JsonObject, value: JsonObject) -> JsonObject:
    """Return what a reference leads to, or the value itself."""
    if "$ref" not in value:
        return value
    section, name = value["$ref"].removeprefix("#/components/").split("/")
    found: JsonObject = content["components"][section][name]
    return found


def yaml_text(document: ControlDocument) -> str:
    """Return control-openapi.yaml."""
    return _HEAD + document.yaml


def main() -> None:
    document = ControlDocument(control_parts(APIS, MOUNTS))
    YAML.write_text(yaml_text(document))
    PAGE.write_text(page(document.content))


if __name__ == "__main__":
    main()
