"""The values of forms; the parts of multipart forms are read by `multipart`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from emulator.api import UploadedFile
from emulator.errors import Loc, Problem, ValidationFailed
from emulator.jsontext import Json, JsonObject, JsonTextError, parse
from emulator.openapi.operation import JSON_MEDIA_TYPE, FormField
from emulator.openapi.validation import MOST_PROBLEMS
from emulator.web.form_names import Given, Item, Pairs, grouped
from emulator.web.parameters import CONVERTERS, Unreadable

_UNKNOWN = FormField("string", repeats=False)  # a field that no schema has
_INDEX = re.compile("0|[1-9][0-9]{0,5}", re.ASCII)
_TEXTS = ("string", "uuid")


def read_form(pairs: Pairs, fields: Mapping[str, FormField]) -> JsonObject:
    """Return the values of a form by name, each of its field's type. Raises ValidationFailed.

    An object is a JSON text, or several parts: voice[name], voice[provider]. A list is a JSON
    text, or parts of one name, or parts with numbers: types[0], types[1].
    """
    problems: list[Problem] = []
    values = _object(fields, grouped(pairs, fields, problems), ("body",), problems)
    if problems:
        raise ValidationFailed(problems[:MOST_PROBLEMS])
    return values


def shown_form(form: JsonObject) -> JsonObject:
    """Return a form as JSON can show it: a file's name stands for the file."""
    return {name: _shown(value) for name, value in form.items()}


def _shown(value: Json) -> Json:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value.filename if isinstance(value, UploadedFile) else value


def read_pairs(text: bytes) -> Pairs:
    """Return the fields of an urlencoded form."""
    return parse_qsl(text.decode("latin-1"), keep_blank_values=True)


def _object(
    fields: Mapping[str, FormField],
    given: Mapping[str, Given],
    loc: Loc,
    problems: list[Problem],
) -> JsonObject:
    values: JsonObject = {}
    for name, each in given.items():
        field = fields.get(name, _UNKNOWN)
        if not (field.may_be_null and each.is_null):
            values[name] = _value(field, each, (*loc, name), problems)
    return values


def _value(field: FormField, given: Given, loc: Loc, problems: list[Problem]) -> Json:
    """Return the value of a field, or what could be read of it after adding to `problems`."""
    if given.parts and given.items:
        name = str(loc[-1])
        wrong = f"Input should be sent in one way, got both {name} and {name}[...]"
        problems.append(Problem(loc, wrong, "value_error"))
    elif not given.parts:
        return _of_items(field, given.items, loc, problems)
    elif field.repeats:
        return _list(field, given.parts, loc, problems)
    elif field.type == "object" or field is _UNKNOWN:
        return _object(field.fields, given.parts, loc, problems)
    else:
        wrong = "Input should be one value, got names in brackets"
        problems.append(Problem(loc, wrong, "value_error"))
    return None


def _list(field: FormField, parts: Mapping[str, Given], loc: Loc, problems: list[Problem]) -> Json:
    """Return the list whose items have numbers in brackets, or nothing in them."""
    if list(parts) == [""] and not parts[""].parts:
        return _of_items(field, parts[""].items, loc, problems)
    if not all(map(_INDEX.fullmatch, parts)) or max(map(int, parts)) >= len(parts):
        wrong = f"Input should be a list whose items are numbered 0 to {len(parts) - 1}"
        problems.append(Problem(loc, f"{wrong}, got {_few(parts)}", "list_type"))
        return None
    item = replace(field, repeats=False, may_be_null=False)
    return [_value(item, parts[str(index)], (*loc, index), problems) for index in range(len(parts))]


def _few(keys: Mapping[str, Given]) -> str:
    few = [f"[{key}]" for key in list(keys)[:3]]
    return ", ".join(few) + (", ..." if len(keys) > len(few) else "")


def _of_items(field: FormField, items: Sequence[Item], loc: Loc, problems: list[Problem]) -> Json:
    """Return the value of a field without brackets; if it can't repeat, the last item counts."""
    if field is _UNKNOWN and isinstance(items[-1], UploadedFile):
        return items[-1].filename  # nothing reads it; what is missing is the better complaint
    if not field.repeats:
        return _converted(field.type, items[-1], loc, problems)
    whole = _json_list(items[0]) if len(items) == 1 and field.type != "file" else None
    if whole is not None:
        return whole
    kind = field.type
    return [
        _converted(kind, _unquoted(item) if kind in _TEXTS else item, (*loc, index), problems)
        for index, item in enumerate(items)
    ]


def _json_list(item: Item) -> list[Json] | None:
    """Return the list that a text is as JSON, or None."""
    value = _json_or_none(item) if isinstance(item, str) and item[:1] == "[" else None
    return value if isinstance(value, list) else None


def _unquoted(item: Item) -> Item:
    """Return the text that an item is as JSON, or the item itself."""
    value = _json_or_none(item) if isinstance(item, str) and item[:1] == '"' else None
    return value if isinstance(value, str) else item


def _json_or_none(text: str) -> Json:
    try:
        return _from_json(text)
    except Unreadable:
        return None


def _converted(kind: str, item: Item, loc: Loc, problems: list[Problem]) -> Json:
    """Return an item as a value of its type, or None after adding to `problems`."""
    try:
        if kind == "file":
            return _file(item)
        if kind == "object":
            return _from_json(_json_text(item))
        return CONVERTERS[kind](_text(item))
    except Unreadable as error:
        problems.append(Problem(loc, *error.args))
        return None


def _text(item: Item) -> str:
    if not isinstance(item, UploadedFile):
        return item
    if not item.filename:
        return item.content.decode(errors="replace")
    raise Unreadable("Input should be a field without a filename, got a file", "value_error")


def _json_text(item: Item) -> str:
    """Return the text of a JSON field; a browser's FormData sends a typed one with a filename."""
    if isinstance(item, UploadedFile) and _is_json(item.content_type):
        return item.content.decode(errors="replace")
    return _text(item)


def _is_json(content_type: str | None) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() == JSON_MEDIA_TYPE


def _file(item: Item) -> UploadedFile:
    if isinstance(item, UploadedFile):
        return item
    raise Unreadable(
        "Input should be a file: send it as a part with a filename, or with a Content-Type such "
        "as audio/wav",
        "value_error",
    )


def _from_json(text: str) -> Json:
    try:
        return parse(text.encode(errors="surrogatepass"))
    except JsonTextError as error:
        raise Unreadable(f"JSON decode error: {error.message}", "json_invalid") from None
