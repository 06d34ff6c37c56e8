"""Answers a call that Twilio posts: with the media stream of a chat, or with an apology."""

import re

from emulator.api import Call, Handlers
from emulator.apis.phone import twiml
from emulator.apis.phone.call import KEPT, NEEDED, IncomingCall
from emulator.apis.phone.errors import APOLOGY
from emulator.apis.phone.state import PhoneState
from emulator.apis.phone.ticket import stream_path
from emulator.contract.findings import Finding, find
from emulator.errors import ApiError
from emulator.jsontext import Json
from emulator.reply import Reply

HANDLERS = Handlers()
_SID = re.compile(r"[A-Za-z0-9_-]{1,100}")  # which a path can hold


@HANDLERS.operation("answer-twilio-call")
def answer_call(call: Call) -> Json | Reply:
    problems = _problems(call)
    if problems:
        call.findings.extend(problems)
        return Reply(twiml.say_and_hang_up(APOLOGY))
    world, config_id = call.world, call.parameters["config_id"]
    form = {name: call.body[name] for name in KEPT if name in call.body}
    incoming = IncomingCall(form, config_id, world.clock.now_ms())
    world.state(PhoneState).add(incoming)
    url = f"ws{call.base_url.removeprefix('http')}{stream_path(world, incoming.sid)}"
    return Reply(twiml.connect_stream(url))


def _problems(call: Call) -> list[Finding]:
    """Return why the call can't be connected."""
    missing = [name for name in NEEDED if not call.body.get(name)]
    if not missing and not _SID.fullmatch(call.body["CallSid"]):
        missing = ["CallSid"]
    wrong = [_wrong(name, call.body.get(name)) for name in missing]
    return wrong or _config_problems(call)


def _wrong(name: str, got: Json) -> Finding:
    return find("call_field_missing", ("body", name), got, expected=f"{name}, as Twilio sends it")


def _config_problems(call: Call) -> list[Finding]:
    from emulator.apis.evi.chat.opening import find_config  # on pydantic, which takes 0.1 s

    config_id = call.parameters["config_id"]
    try:
        find_config(call.world, config_id and config_id.lower())
    except ApiError as error:
        message = str(error.body["message"])
        return [find("call_refused", ("query", "config_id"), config_id, message=message)]
    return []
