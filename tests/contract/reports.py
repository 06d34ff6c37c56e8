"""Reports for tests: of nothing, of a little, and of a client that means harm."""

from emulator.contract.findings import Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.report import Report, new_report
from emulator.contract.surface import PARTS, ApiSurface

SMALL_SURFACE: ApiSurface = {
    **dict.fromkeys(PARTS, ("x",)),
    "operations": ("list-a", "make-a"),
    "statuses": ("list-a 200", "list-a 422", "make-a 201", "make-a 400"),
    "messages_sent": tuple(f"m{number}" for number in range(8)),
    "error_codes": ("E1 one",),
}

HOSTILE = {
    "markup": "<img src=x onerror=alert(1)><b>bold</b>",
    "end of style": "</style><script>alert(1)</script>",
    "end of page": "</main></body></html><!--",
    "attribute": "\" onmouseover='alert(1)",
    "entity": "&lt;b&gt;&amp;&#60;",
    "cdata": "]]>",
    "lines": "one\ntwo\r\nerror  three\u2028four\x85five",
    "nul": "a\0b\x01\x1f\ufffe\uffff",
    "terminal": "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "right to left": "\u202etxet\u2066\u200f",
    "pipes": "| a | b |\\|",
    "backticks": "`code` ```\n# heading",
    "link": "[x](javascript:alert(1)) https://example.com ![y](z)",
    "long": "y" * 100_000,
}


def empty() -> Report:
    return new_report(ClientLedger(), [SMALL_SURFACE])


def small() -> Report:
    """An error and a warning of one operation, and a warning of a path that is none."""
    ledger = ClientLedger()
    ledger.answers["make-a", 201] = 2
    ledger.use("messages_sent", ("m0",))
    warning = find("field_unknown", ("body", "txet"), "txet", known="text", hint="text?")
    ledger.add("make-a", [warning], 4)
    ledger.add("make-a", [warning], 6)
    ledger.add("make-a", [find("request_refused", ("body",), "name_taken", message="free")], 5)
    ledger.add("chat socket", [find("socket_broken", ("socket",), 1006)], 9)
    return new_report(ledger, [SMALL_SURFACE])


def hostile() -> Report:
    """Whatever may hold a client's text holds each of HOSTILE."""
    ledger = ClientLedger()
    ledger.answers["make-a", 201] = 1
    for seq, text in enumerate(HOSTILE.values()):
        given = [Finding("request_invalid", ("body", text), text, text, text)]
        ledger.add("make-a", given, seq)
        ledger.add(f"GET /{text}", [find("field_unknown", (text,), {text: [text]}, known=text, hint=text)], seq)  # fmt: skip  # noqa: E501
        ledger.use("close_codes", [text])
    ledger.dropped["request_invalid"] = 3
    return new_report(ledger, [SMALL_SURFACE])


REPORTS = {"empty": empty, "small": small, "hostile": hostile}
