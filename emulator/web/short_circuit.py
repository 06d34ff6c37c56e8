"""Responses that replace the handler's: rate limits, `Prefer`, faults; stubs: `stub_answers`."""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

from emulator.error_shapes import ErrorShapes, Refused
from emulator.errors import NOT_PREFERRED, TOO_MANY_REQUESTS, ApiError, api_error
from emulator.faults.rules import FaultRule
from emulator.jsontext import Json
from emulator.openapi.operation import Operation
from emulator.rate_limit import RateLimit

_CODE = re.compile(r"(?:^|,)\s*code\s*=([^,;]*)", re.I)  # one of several preferences (RFC 7240)
STUB_HEADER = "X-EVI-Emulator-Stub"
FAULT_HEADER = "X-EVI-Emulator-Fault"  # the id of the rule, or 'prefer'
Replacement: TypeAlias = tuple[int, Json, Mapping[str, str]]  # status, body, headers


def count_request(rate_limit: RateLimit, errors: ErrorShapes, refused: Refused) -> None:
    """Count one request. Raises ApiError (429) if it is over the limit."""
    if rate_limit.take():
        return
    wait_s = rate_limit.wait_s
    headers = {
        "Retry-After": f"{math.ceil(wait_s)}",
        "Retry-After-Ms": f"{math.ceil(wait_s * 1000)}",
        "X-RateLimit-Limit": f"{rate_limit.per_second}",
        "X-RateLimit-Remaining": "0",
    }
    text = TOO_MANY_REQUESTS
    message = text.message.format(limit=rate_limit.per_second)
    error = errors.error(text.status, message, text.code, refused)
    raise ApiError(error.status, error.body, headers)


def preferred(
    prefer: bytes, operation: Operation, errors: ErrorShapes, refused: Refused
) -> Replacement | None:
    """Return the answer that a request asks for: `Prefer: code=429`. Raises ApiError (400)."""
    found = _CODE.search(prefer.decode("latin-1"))
    if found is None:
        return None  # some other preference
    text, value = found[0].strip(" ,"), found[1].strip()
    status = int(value) if re.fullmatch("[0-9]{3}", value) else 0
    if status == operation.success_status:
        return None
    if status not in operation.responses and not 400 <= status <= 599:
        known = ", ".join(map(str, operation.responses))
        raise api_error(NOT_PREFERRED, got=text, operation=operation.id, known=known)
    message = "Asked for by the header 'Prefer'."
    body = errors.error(status, message, "preferred", refused).body
    return status, body, {"Preference-Applied": f"code={status}", FAULT_HEADER: "prefer"}


def fault_answer(rule: FaultRule, errors: ErrorShapes, refused: Refused) -> Replacement:
    """Return the answer of the fault 'status', in the shape of the API's errors."""
    status, retry_after_s = rule.draw("status"), rule.options["retry_after_s"]
    headers = {FAULT_HEADER: rule.id}
    if retry_after_s is not None:
        headers["Retry-After"] = f"{retry_after_s:g}"
    body = rule.options.get("body")
    if body is None:
        named = errors.find(rule.options.get("error"))
        body = {}
        if status >= 400:
            body = errors.error(status, named.message, named.slug, refused).body
    return status, body, {**headers, **rule.options.get("headers", {})}
