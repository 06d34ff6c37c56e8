"""Finds the tool of a chat that a user asks for.

No language is understood here: a tool is meant if a question or a request has the words of its
name.
"""

import re
from collections.abc import Mapping

from emulator.apis.evi.chat.config import ToolSpec

LONGEST = 300  # characters of a request; a longer text is a story


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split(" "))


# Words of a tool's name that do not say what it is about.
_OF_TOOLS = word_set(
    "get fetch find look lookup up search check show list read query retrieve tell give call use "
    "run do current currently the a an of for by in on to my your and with from at tool function "
    "api data info information details"
)
EMPTY_WORDS = _OF_TOOLS | word_set(
    "what where when which who whose how is are was were will would does did can could may shall "
    "should be been am have has had it its this that these those there here i me we us you he she "
    "they please thanks thank hey hi hello ok okay so well now then um uh like want need know let "
    "see about any some today tonight tomorrow yesterday right moment as named called"
)
_POLITE = r"(?:(?:please|hey|hi|hello|ok|okay|so|well|and|now|then|um+|uh+)\b[\s,.!]*)*"
_ASKS = re.compile(
    _POLITE + r"(?:what|where|when|which|who|whose|how|is|are|was|were|will|would|does|do|did|can|"
    r"could|may|tell|show|give|get|check|find|fetch|look|search|let|help|"
    r"i(?:'d| would)? (?:like|want|need)|i(?:'m| am) looking)\b",
    re.I,
)
_ASKS_NOT = re.compile(
    r"\b(?:why|don't|do not|doesn't|never|stop|(?:talk|chat|speak)(?:ing)? about|"
    r"do you (?:like|love|hate|enjoy|think|feel|remember))\b",
    re.I,
)


def asked_tool(text: str, tools: Mapping[str, ToolSpec]) -> ToolSpec | None:
    """Return the tool that a question or a request clearly asks for, or None."""
    if not tools or len(text) > LONGEST:
        return None
    plain = plain_text(text)
    if _ASKS_NOT.search(plain):
        return None
    said = {stem(word) for word in words_of(plain)}
    found: dict[int, ToolSpec] = {}
    for tool in tools.values():
        about = {stem(word) for word in name_words(tool.name) if word not in _OF_TOOLS}
        if about and about <= said and _is_request(plain, tool.name):
            found.setdefault(len(about), tool)
    return found[max(found)] if found else None


def _is_request(plain: str, tool: str) -> bool:
    if plain.endswith("?") or _ASKS.match(plain) or re.search(r"\bplease\b", plain, re.I):
        return True
    first = re.sub(_POLITE, "", plain, count=1, flags=re.I).partition(" ")[0]
    return first.casefold() == name_words(tool)[0]  # an order, such as "Book a table"


def name_words(name: str) -> list[str]:
    """Return the words of a name that is written with _, -, spaces or capitals."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", spaced)]


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.casefold())


def stem(word: str) -> str:
    """Return a word without a genitive or plural s."""
    word = word.removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def plain_text(text: str) -> str:
    """Return a text with plain apostrophes and single spaces."""
    return " ".join(text.replace("’", "'").split())
