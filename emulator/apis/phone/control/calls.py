"""Control routes of calls: list incoming ones, set what a caller says next, and place one."""

from emulator.apis.evi.state import EviState
from emulator.apis.phone.state import PhoneState
from emulator.control import ControlCall
from emulator.errors import Problem, ValidationFailed
from emulator.jsontext import Json


async def list_calls(call: ControlCall) -> Json:
    """Return the calls, the newest last."""
    return {"calls": [each.shown() for each in call.world.state(PhoneState).calls.values()]}


async def add_heard_words(call: ControlCall) -> Json:
    """Queue what a caller says next, or what is said next in any chat if the call isn't ours."""
    text = call.body["text"]
    if not call.world.state(PhoneState).add_words(call.parameters["call_sid"], text):
        call.world.state(EviState).heard.append(text)
    return {"queued": True}


async def place_call(call: ControlCall) -> Json:
    """Place a call, and return it once it is over. Raises ValidationFailed."""
    from emulator.apis.phone.ordering import OrderMistake, read_order
    from emulator.apis.phone.placing import place_in  # on aiohttp, which takes 0.2 s

    content = {name: value for name, value in call.body.items() if name != "sound"}
    try:
        order = read_order(content)
    except OrderMistake as error:
        problem = Problem(("body", error.field), str(error), "call_invalid")
        raise ValidationFailed([problem]) from None
    placed = await place_in(call.world, order)
    return {**placed.to_json(), **(placed.sound() if call.body.get("sound") else {})}
