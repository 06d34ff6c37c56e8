"""Finds what `--strict` refuses beyond the schemas: unknown fields, parameters and values."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

from emulator.credentials import CREDENTIALS
from emulator.errors import Loc, Problem, nearest_word
from emulator.jsontext import Json
from emulator.openapi.fields import Field, use_of
from emulator.openapi.openness import LISTED_VALUE
from emulator.openapi.operation import Operation

MOST_REFUSED = 1_000  # of one kind, in one request or frame: each takes time and memory
EXTRA = "extra_forbidden"
EXTRA_MESSAGE = "Extra inputs are not permitted"
_QUERIES_REMEMBERED = 64
_VALUES_REMEMBERED = 256
_nearest_listed = lru_cache(_VALUES_REMEMBERED)(nearest_word)  # clients repeat their mistakes

StrictCheck = Callable[[bytes, Json], list[Problem]]  # of a query and a body


def strict_check(operation: Operation, fields: Field | None) -> StrictCheck:
    """Compile the check of an operation's requests; `fields` are those of its body."""
    queried = (each.name for each in operation.parameters if each.location == "query")
    known = frozenset((*queried, *CREDENTIALS))

    @lru_cache(_QUERIES_REMEMBERED)
    def query_problems(query_string: bytes) -> Sequence[Problem]:
        query = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        return unknown_parameters(dict(query), known)

    def check(query_string: bytes, body: Json) -> list[Problem]:
        problems = list(query_problems(query_string))
        if fields is not None and body is not None:
            problems += unknown_contents(fields, body, ("body",))
        return problems

    return check


def unknown_parameters(names: Collection[str], known: Collection[str]) -> list[Problem]:
    """List the parameters of a query that nothing reads."""
    unknown = [name for name in names if name not in known][:MOST_REFUSED]
    return [Problem(("query", name), EXTRA_MESSAGE, EXTRA) for name in unknown]


def unknown_contents(fields: Field, value: Json, loc: Loc) -> list[Problem]:
    """List the fields of a value that no schema has, and the values that nobody lists."""
    use = use_of(fields, value, loc)
    problems = [Problem(at, EXTRA_MESSAGE, EXTRA) for at, _ in use.unknown[:MOST_REFUSED]]
    return problems + [_unlisted(*each) for each in use.unlisted[:MOST_REFUSED]]


def _unlisted(loc: Loc, got: str, field: Field) -> Problem:
    words = (
        f"Input should be {LISTED_VALUE}",
        nearest_listed(got, field) or where_it_belongs(field),
    )
    return Problem(loc, "; ".join(each for each in words if each), "enum")


def nearest_listed(got: str, field: Field) -> str:
    """Return which listed value was probably meant, in words, or nothing."""
    found = _nearest_listed(got, tuple(field.listed))
    return f"the nearest listed value is {found!r}" if found else ""


def where_it_belongs(field: Field) -> str:
    """Return beside what the field may have any value, in words, or nothing."""
    if field.listed_unless is None:
        return ""
    name, value = field.listed_unless
    return f"a URL belongs to the {name} {value}"
