"""The hooks of schemathesis, which `schemathesis.toml` names: they judge and amend each request.

No test imports this module: schemathesis takes half a second to load.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis import Case, HookContext

_numbers = itertools.count()


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """Leave out integers of more than 64 bits, which the emulator refuses as most servers do."""
    return all(
        -(2**63) <= number < 2**63
        for part in (case.path_parameters, case.query, case.body)
        for number in iter_integers(part)
    )


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Give every resource a name of its own, or most requests would stop at a name taken."""
    if isinstance(case.body, dict) and isinstance(case.body.get("name"), str):
        case.body = {**case.body, "name": f"{case.body['name']} {next(_numbers)}"}
    return case


def iter_integers(value: object) -> Iterator[int]:
    if isinstance(value, dict):
        for item in value.values():
            yield from iter_integers(item)
    elif isinstance(value, list):
        for item in value:
            yield from iter_integers(item)
    elif isinstance(value, int):
        yield value
