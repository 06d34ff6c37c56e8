"""Reads TwiML: XML without a document type, so that nothing in it can be expanded or fetched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

LONGEST = 65_536  # bytes of a document, as with Twilio
_DEEPEST = 20
_MEDIA_TYPES = ("text/xml", "application/xml", "text/html")  # text/html is read as TwiML, too
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class TwimlProblem(ValueError):
    """A document that can't be followed; the text says why."""


@dataclass(slots=True)
class Element:
    """An element, with the line (from 1) on which it begins."""

    name: str
    attributes: Mapping[str, str]
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def of(self, name: str) -> Iterator["Element"]:
        """Yield the children of that name."""
        return (child for child in self.children if child.name == name)

    @property
    def words(self) -> str:
        """Return all text in the element, with single spaces."""
        return " ".join(" ".join([self.text, *(child.words for child in self.children)]).split())


def check_media_type(media_type: str) -> None:
    """Raise TwimlProblem unless a document of that type is read as TwiML."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in _MEDIA_TYPES:
        return
    got = f"got {kind!r}" if kind else "there is none"
    more = {
        "text/plain": "; Twilio would read the text aloud",
        "application/json": "; many frameworks wrap a text in JSON unless a response says text/xml",
    }.get(kind, "; Twilio would play the sound" if kind.startswith("audio/") else "")
    raise TwimlProblem(f"the answer's Content-Type should be text/xml, {got}{more}")


def read_twiml(document: bytes) -> Element:
    """Return the `<Response>` of a document. Raises TwimlProblem."""
    if len(document) > LONGEST:
        raise TwimlProblem(f"a document has at most {LONGEST} bytes, got {len(document)}")
    if not document.removeprefix(_BYTE_ORDER_MARK).strip():
        raise TwimlProblem("the answer is empty; TwiML is at least <Response/>")
    root = _Reader().read(document)
    if root.name != "Response":
        raise TwimlProblem(f"the outermost element should be <Response>, got <{root.name}>")
    return root


class _Reader:
    """Builds elements from what expat reads."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._open: list[Element] = []
        self._root: Element | None = None
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def read(self, document: bytes) -> Element:
        try:
            self._parser.Parse(document, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            if isinstance(error, TwimlProblem):
                raise
            raise TwimlProblem(f"the answer is not XML: {_reason(error)}") from None
        finally:
            del self._parser  # which refers to this reader
        assert self._root is not None  # or expat had complained
        return self._root

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise TwimlProblem(f"elements lie in each other more than {_DEEPEST} deep")
        element = Element(name, attributes, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _add_text(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse_doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise TwimlProblem(f"line {line}: TwiML has no <!DOCTYPE>, so that it has no entities")


def _reason(error: Exception) -> str:
    if isinstance(error, expat.ExpatError):
        words = expat.ErrorString(error.code)
        return f"line {error.lineno}, column {error.offset + 1}: {words}"
    return str(error)
