"""Sends an answer whose body is complete at once, without the two messages of ASGI.

uvicorn checks and joins the head that the messages describe. For most answers that takes longer
than to make them, and there is nothing to check: their head has two headers of ours.
"""

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from emulator.web.answers import Answer

_HEADERS = b"content-type: %b\r\ncontent-length: %d\r\n\r\n"


def send_whole(send: Send, answer: Answer) -> bool:
    """Send a whole answer, and return True; False if it must be sent by messages.

    That is so for what is streamed, has headers of its own or ends the connection, and where `send`
    is not uvicorn's own, such as that of a request with an Origin, which adds headers.
    """
    cycle, body = getattr(send, "__self__", None), answer.body
    if type(cycle) is not RequestResponseCycle or not isinstance(body, bytes):
        return False
    if answer.headers or not answer.has_body or not _is_plain(cycle):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    head = [STATUS_LINE[answer.status]]
    for name, value in cycle.default_headers:
        head += (name, b": ", value, b"\r\n")
    head.append(_HEADERS % (answer.media_type.encode(), len(body)))
    cycle.transport.write(b"".join(head))  # the transport joins what is written
    cycle.transport.write(body)
    cycle.message_event.set()
    cycle.on_response()
    return True


def _is_plain(cycle: RequestResponseCycle) -> bool:
    return not (
        not cycle.keep_alive
        or cycle.response_started
        or cycle.disconnected
        or cycle.access_log
        or cycle.flow.write_paused
        or cycle.scope["method"] == "HEAD"
    )
