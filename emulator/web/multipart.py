"""Multipart forms, with files. Loads their parser: import it at first need."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from emulator.api import UploadedFile
from emulator.errors import Problem, ValidationFailed
from emulator.web.form_names import Item, Pairs

_FILES = ("application/octet-stream", "audio/", "image/")  # how the Content-Type of a file begins


def read_parts(text: bytes, content_type: bytes) -> Pairs:
    """Return the parts of a multipart form. Raises ValidationFailed."""
    parts, ends = list[tuple[str, Item]](), list[bool]()

    def add_field(field: Field) -> None:
        name, value = _decoded(field.field_name), field.value or b""
        if (field.content_type or "").lower().startswith(_FILES):
            parts.append((name, UploadedFile("", field.content_type, value)))
        else:
            parts.append((name, _decoded(value)))

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        content, name = file.file_object.read(), _decoded(file.file_name)
        parts.append((_decoded(file.field_name), UploadedFile(name, file.content_type, content)))

    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise _unreadable(
            "No boundary given. Set no Content-Type yourself: the client's form sets "
            "'multipart/form-data; boundary=...'"
        )
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
