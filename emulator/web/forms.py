"""Forms: urlencoded, or multipart with files."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from emulator.api import UploadedFile
from emulator.errors import Loc, Problem, ValidationFailed
from emulator.jsontext import Json, JsonObject, JsonTextError, parse
from emulator.openapi.operation import FormField
from emulator.web.parameters import CONVERTERS, Unreadable

_TEXT = FormField("string", repeats=False)  # of a field that no schema has

Item: TypeAlias = str | UploadedFile
Pairs: TypeAlias = Sequence[tuple[str, Item]]


def read_form(pairs: Pairs, fields: Mapping[str, FormField]) -> JsonObject:
    """Return the values of a form by name, each of its field's type. Raises ValidationFailed."""
    given: dict[str, list[Item]] = {}
    for name, item in pairs:
        given.setdefault(name, []).append(item)
    problems: list[Problem] = []
    values = {
        name: _value(fields.get(name, _TEXT), items, ("body", name), problems)
        for name, items in given.items()
    }
    if problems:
        raise ValidationFailed(problems)
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


def read_parts(text: bytes, content_type: bytes) -> Pairs:
    """Return the parts of a multipart form. Raises ValidationFailed."""
    parts, ends = list[tuple[str, Item]](), list[bool]()

    def add_field(field: Field) -> None:
        parts.append((_decoded(field.field_name), _decoded(field.value)))

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        content, name = file.file_object.read(), _decoded(file.file_name)
        parts.append((_decoded(file.field_name), UploadedFile(name, file.content_type, content)))

    boundary = parse_options_header(content_type)[1].get(b"boundary")
    try:
        parser = FormParser(
            "multipart/form-data",
            add_field,
            add_file,
            lambda: ends.append(True),
            boundary=boundary,
            config={"MAX_MEMORY_FILE_SIZE": len(text)},  # keeps files in memory
        )
        parser.write(text)
        parser.finalize()
    except FormParserError as error:
        raise _unreadable(str(error)) from None
    if not ends:
        raise _unreadable("the last boundary is missing")
    return parts


def _unreadable(why: str) -> ValidationFailed:
    return ValidationFailed([Problem(("body",), f"Form decode error: {why}", "form_invalid")])


def _decoded(text: bytes | None) -> str:
    return (text or b"").decode(errors="replace")


def _value(field: FormField, items: Sequence[Item], loc: Loc, problems: list[Problem]) -> Json:
    """Return the value of a field; if it can't repeat, the last item counts."""
    if not field.repeats:
        return _converted(field.type, items[-1], loc, problems)
    return [
        _converted(field.type, item, (*loc, index), problems) for index, item in enumerate(items)
    ]


def _converted(kind: str, item: Item, loc: Loc, problems: list[Problem]) -> Json:
    """Return an item as a value of its type, or None after adding to `problems`."""
    try:
        if kind == "file":
            return _file(item)
        if isinstance(item, UploadedFile):
            raise Unreadable(
                "Input should be a field without a filename, got a file", "value_error"
            )
        return _from_json(item) if kind == "object" else CONVERTERS[kind](item)
    except Unreadable as error:
        problems.append(Problem(loc, *error.args))
        return None


def _file(item: Item) -> UploadedFile:
    if isinstance(item, UploadedFile):
        return item
    raise Unreadable("Input should be a file: send it as a part with a filename", "value_error")


def _from_json(text: str) -> Json:
    try:
        return parse(text.encode(errors="surrogatepass"))
    except JsonTextError as error:
        raise Unreadable(f"JSON decode error: {error.message}", "json_invalid") from None
