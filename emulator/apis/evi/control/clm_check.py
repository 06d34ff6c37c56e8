"""Control route that checks a custom language model."""

from emulator.apis.evi.model.check.loading import judge_model
from emulator.control import ControlCall
from emulator.errors import Problem, UsageError, ValidationFailed
from emulator.jsontext import Json


async def check_model(call: ControlCall) -> Json:
    """Ask a language model the cases of the check, and return what was found.

    Raises ValidationFailed for a URL that may not be called, and for an unknown case.
    """
    url, key, names = (call.body.get(name) for name in ("url", "key", "cases"))
    try:
        report, failure = await judge_model(str(url), call.world.settings, key, names)
    except UsageError as error:
        raise ValidationFailed([Problem(("body", "url"), str(error), "clm_check")]) from None
    return {**report.to_json(), "failure": failure or None}
