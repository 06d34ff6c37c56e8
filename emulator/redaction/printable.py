"""Text that a client may have sent, in one line."""


def visible(text: str) -> str:
    """Return the text with what does not print written as in Python.

    Otherwise it could colour a terminal, begin a line of its own, or turn what follows around.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
