"""Control routes of the script: what is measured, instead of what would be made up."""

from emulator.apis.expression.errors import SCRIPT_UNREADABLE
from emulator.apis.expression.script import NO_SCRIPT, ScriptProblem, read_script
from emulator.apis.expression.state import ExpressionState
from emulator.control import ControlCall
from emulator.errors import api_error
from emulator.jsontext import Json


async def get_script(call: ControlCall) -> Json:
    """Return the text of the script, which is empty if there is none."""
    return {"script": call.world.state(ExpressionState).script.text}


async def set_script(call: ControlCall) -> Json:
    """Follow another script from now on. Raises ApiError."""
    try:
        script = read_script(call.body["script"])
    except ScriptProblem as problem:
        raise api_error(SCRIPT_UNREADABLE, problem=problem) from None
    call.world.state(ExpressionState).script = script
    return await get_script(call)


async def delete_script(call: ControlCall) -> Json:
    """Follow no script any more."""
    call.world.state(ExpressionState).script = NO_SCRIPT
    return None
