"""Deliveries as the control API shows them."""

from emulator.jsontext import JsonObject
from emulator.outgoing.outbox import Delivery
from emulator.redaction.text import hide_in_body
from emulator.redaction.values import hide_in_json


def shown_delivery(delivery: Delivery) -> JsonObject:
    """Return a delivery as JSON, without credentials in its URL, bodies and errors.

    The signature stays visible: tests of receivers compare it, and it is valid for one body and a
    few minutes.
    """
    content = delivery.to_json()
    return {
        **content,
        "url": hide_in_json(content["url"]),
        "error": hide_in_json(content["error"]),
        "body": hide_in_body(content["body"]),
        "attempts": [_shown_attempt(each) for each in content["attempts"]],
    }


def _shown_attempt(attempt: JsonObject) -> JsonObject:
    sent, answer = attempt["request"], attempt["response"]
    return {
        **attempt,
        "error": hide_in_json(attempt["error"]),
        "request": {**sent, "body": hide_in_body(sent["body"])},
        "response": {**answer, "body": hide_in_body(answer["body"])},
    }
