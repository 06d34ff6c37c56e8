"""The text that a script was read from, as its author wrote it."""

from emulator.apis.evi.chat.script import Script, ScriptText


def keep_text(script: Script, text: str) -> None:
    """Remember the text that a script was read from, with its comments."""
    script.own_text = ScriptText(text, _said(script))


def kept_text(script: Script) -> str | None:
    """Return the text that a script was read from, unless it says something else by now."""
    kept = script.own_text
    return kept.text if kept is not None and kept.said == _said(script) else None


def _said(script: Script) -> str:
    """Return all that a script says, as a text that differs once something is added to it."""
    rules = [(str(rule), rule.times, rule.steps) for rule in script.rules]
    rest = (script.strict, script.mood, script.model, list(script.user), dict(script.tools))
    return repr((rules, rest))
