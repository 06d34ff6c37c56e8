"""Numbers and lists in the attributes of verbs."""

from emulator.twilio.twiml import Element
from emulator.twilio.verbs import Tell


def whole(element: Element, name: str, default: int, tell: Tell, most: int = 14_400) -> int:
    """Return an attribute as a whole number from 0 to `most`; tell a problem of anything else."""
    text = element.attributes.get(name)
    if text is None:
        return default
    value = text.strip()
    if value.isascii() and value.isdigit() and len(value) < 9:
        return min(int(value), most)
    place = f"line {element.line}: {name} of <{element.name}>"
    tell(f"{place} should be a whole number, got {text!r}; {default} is taken")
    return default


def words(element: Element, name: str, default: str) -> tuple[str, ...]:
    """Return an attribute as a list of words."""
    return tuple(element.attributes.get(name, default).replace(",", " ").split())
