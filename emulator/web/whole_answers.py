"""Sends an answer whose body is complete in one write, without the two messages of ASGI.

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
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or not _is_plain(answer, cycle):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    head = [STATUS_LINE[answer.status]]
    for name, value in cycle.default_headers:
        head += (name, b": ", value, b"\r\n")
    head.append(_HEADERS % (answer.media_type.encode(), len(answer.body)))
    head.append(answer.body)
    cycle.transport.write(b"".join(head))
    cycle.message_event.set()
    cycle.on_response()
    return True


def _is_plain(answer: Answer, cycle: RequestResponseCycle) -> bool:
    body, extra = answer.body, answer.headers
    return not (
        extra
        or not isinstance(body, bytes)
        or not answer.has_body
        or not cycle.keep_alive
        or cycle.response_started
        or cycle.disconnected
        or cycle.access_log
        or cycle.flow.write_paused
        or cycle.scope["method"] == "HEAD"
    )
