"""Makes text that a client may have sent printable in one line."""


def visible(text: str) -> str:
    """Return the text with unprintable characters escaped as in Python.

    Otherwise they could colour a terminal, begin a new line, or reverse the following text.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
