"""Writes what the Node package knows of the server: clients/node/src/control-types.ts.

The types come from the control API's document, and from the table of settings. Names of settings
are in camel case, as the package takes them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from emulator.apis.apis import APIS
from emulator.extras.mounts import MOUNTS
from emulator.jsontext import Json, JsonObject
from emulator.web.control.document import ControlDocument, control_parts

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "clients" / "node" / "src" / "control-types.ts"
_HEAD = """\
// Made by `make control-document` from control-openapi.yaml: types of the control API's bodies.
/* eslint-disable */
"""
_LEFT_OUT = ("Wiremock", "Token", "OAuth", "GatewayFault")  # beginnings of names that nobody needs
_OPTIONS = ("Settings", "WorldSettings")  # whose fields the package takes in camel case
_WIDTH = 92
_PLAIN = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean",
    "null": "null",
}  # fmt: skip
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def types_text(content: JsonObject) -> str:
    """Return control-types.ts for the content of the control document."""
    schemas: Mapping[str, JsonObject] = content["components"]["schemas"]
    parts = [_HEAD]
    for name, schema in schemas.items():
        if not name.startswith(_LEFT_OUT):
            parts.append("\n".join(_declaration(name, schema)))
    parts += [_names("SERVER_SETTINGS", schemas["Settings"]), ""]
    parts += [_names("WORLD_SETTINGS", schemas["WorldSettings"]), ""]
    return "\n".join(parts)


def _names(constant: str, schema: JsonObject) -> str:
    """Return the names of settings as a constant, for messages about unknown ones."""
    names = " ".join(camel(name) for name in schema["properties"])
    lines = [f"  {json.dumps(line + ' ')} +" for line in wrap(names, _WIDTH - 8)]
    text = "\n".join(lines).removesuffix(' " +') + '"'
    return f'export const {constant}: readonly string[] = (\n{text}\n).split(" ");'


def camel(name: str) -> str:
    """Return a name such as random_seed as randomSeed."""
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _declaration(name: str, schema: JsonObject) -> Iterator[str]:
    yield from _comment(schema, "")
    if "properties" in schema:
        yield f"export interface {_type_name(name)} {{"
        yield from _fields(schema, "  ", in_camel_case=name in _OPTIONS)
        yield "}\n"
    else:
        yield f"export type {_type_name(name)} = {_type(schema, '')};\n"


def _type_name(name: str) -> str:
    return {"Settings": "ServerSettings", "Error": "ErrorBody"}.get(name, name)


def _fields(schema: JsonObject, indent: str, in_camel_case: bool = False) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield from _comment(field, indent)
        shown = camel(name) if in_camel_case else name
        key = shown if _IDENTIFIER.fullmatch(shown) else json.dumps(shown)
        mark = "" if name in required and not in_camel_case else "?"
        undefined = " | undefined" if mark else ""
        yield f"{indent}{key}{mark}: {_type(field, indent)}{undefined};"


def _comment(schema: JsonObject, indent: str) -> Iterator[str]:
    text = schema.get("description")
    if not text:
        return
    lines = wrap(text.replace("*/", "* /"), _WIDTH - len(indent))
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    yield from (f"{indent} * {line}" for line in lines)
    yield f"{indent} */"


def _type(schema: Any, indent: str) -> str:
    if "$ref" in schema:
        return _type_name(schema["$ref"].rsplit("/", 1)[-1])
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return _union([_type(each, indent) for each in schema[union]])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _union([json.dumps(value) for value in schema["enum"]])
    kind: Json = schema.get("type")
    if isinstance(kind, list):
        return _union([_type({**schema, "type": each}, indent) for each in kind])
    if kind == "array":
        item = _type(schema.get("items", {}), indent)
        return f"Array<{item}>"
    if kind == "object":
        return _object(schema, indent)
    return _PLAIN.get(str(kind), "unknown")


def _object(schema: JsonObject, indent: str) -> str:
    if schema.get("properties"):
        return "\n".join(["{", *_fields(schema, indent + "  "), indent + "}"])
    values = schema.get("additionalProperties")
    of = _type(values, indent) if isinstance(values, dict) else "unknown"
    return f"Record<string, {of}>"


def _union(types: Sequence[str]) -> str:
    return " | ".join(dict.fromkeys(types))


def main() -> None:
    document = ControlDocument(control_parts(APIS, MOUNTS))
    TYPES.write_text(types_text(document.content))


if __name__ == "__main__":
    main()
