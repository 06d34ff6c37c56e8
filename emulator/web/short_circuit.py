"""Responses that replace the handler's: rate limits, `Prefer`, faults; stubs: `stub_answers`."""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

from emulator.error_shapes import ErrorBody, ErrorShapes
from emulator.errors import NOT_PREFERRED, TOO_MANY_REQUESTS, ApiError, api_error
from emulator.faults.rules import FaultRule
from emulator.jsontext import Json
from emulator.openapi.operation import Operation
from emulator.rate_limit import RateLimit

_CODE = re.compile(r"(?:^|,)\s*code\s*=([^,;]*)", re.I)  # one of several preferences (RFC 7240)
STUB_HEADER = "X-EVI-Emulator-Stub"
FAULT_HEADER = "X-EVI-Emulator-Fault"  # the id of the rule, or 'prefer'
Replacement: TypeAlias = tuple[int, Json, Mapping[str, str]]  # status, body, headers


def count_request(rate_limit: RateLimit, error_body: ErrorBody) -> None:
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
    raise ApiError(text.status, error_body(text.status, message, text.code), headers)


def preferred(prefer: bytes, operation: Operation, error_body: ErrorBody) -> Replacement | None:
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
    body = error_body(status, "Asked for by the header 'Prefer'.", "preferred")
    return status, body, {"Preference-Applied": f"code={status}", FAULT_HEADER: "prefer"}


def fault_answer(rule: FaultRule, errors: ErrorShapes) -> Replacement:
    """Return the answer of the fault 'status', in the shape of the API's errors."""
    status, retry_after_s = rule.draw("status"), rule.options["retry_after_s"]
    headers = {FAULT_HEADER: rule.id}
    if retry_after_s is not None:
        headers["Retry-After"] = f"{retry_after_s:g}"
    body = rule.options.get("body")
    if body is None:
        error = errors.find(rule.options.get("error"))
        body = errors.body(status, error.message, error.slug) if status >= 400 else {}
    return status, body, {**headers, **rule.options.get("headers", {})}
