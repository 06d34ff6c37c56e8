"""How the scripts of a world are used: which rules have answered, and which turns met none."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from emulator.apis.evi.chat.script import Rule, Script, UserTurn
from emulator.source_files import short

T = TypeVar("T")

_MOST_SCRIPTS = 50  # that were used last
_MOST_RULES = 5_000  # that answered last
_MOST_TURNS = 50


@dataclass(slots=True)
class _Answers:
    """How many turns a rule has answered. It keeps the rule, so that no other gets its id."""

    rule: Rule
    count: int = 0


class ScriptUse:
    """Counts for the chats of a world. Rules that the world began with are never unused."""

    def __init__(self) -> None:
        self.unmatched: list[str] = []  # the newest turns, in words
        self._scripts: OrderedDict[int, list[Rule]] = OrderedDict()  # by the id of the list
        self._answers: OrderedDict[int, _Answers] = OrderedDict()  # by the id of the rule
        self._excused: dict[int, Rule] = {}  # by their ids

    def copy(self) -> "ScriptUse":
        """Return an equal one, which goes on by itself."""
        copy = ScriptUse()
        copy.unmatched.extend(self.unmatched)
        copy._scripts = self._scripts.copy()
        copy._answers = OrderedDict((id, replace(each)) for id, each in self._answers.items())
        copy._excused = self._excused.copy()
        return copy

    def excuse(self, script: Script) -> None:
        """Let rules be unused that nobody has added to this world."""
        self._excused |= {id(rule): rule for rule in script.rules}

    def begin(self, script: Script) -> None:
        """Take note that a chat follows a script."""
        self._scripts[id(script.rules)] = script.rules
        _keep_newest(self._scripts, id(script.rules), _MOST_SCRIPTS)

    def answer(self, rule: Rule) -> None:
        """Take note that a rule answers a turn."""
        self._answers.setdefault(id(rule), _Answers(rule)).count += 1
        _keep_newest(self._answers, id(rule), _MOST_RULES)

    def counts(self, script: Script) -> list[int]:
        """Return how many turns each rule of a script has answered."""
        found = (self._answers.get(id(rule)) for rule in script.rules)
        return [0 if each is None else each.count for each in found]

    def miss(self, chat_id: str, turn: UserTurn) -> str:
        """Take note of a turn that no rule matches, and return that in words."""
        told = f"no rule of the script matches turn {turn.number}: {short(turn.text)}"
        self.unmatched.append(f"{told} (chat {chat_id})")
        del self.unmatched[:-_MOST_TURNS]
        return told

    def unused(self, own: Script) -> Iterator[str]:
        """Yield in words each rule of a script, and of others in use, that never answered."""
        used = self._answers.keys() | self._excused.keys()
        lists = (*self._scripts.values(), own.rules)
        for rule in {id(rule): rule for rules in lists for rule in rules}.values():
            if id(rule) not in used:
                yield f"the script's rule for {rule} never answered"


def _keep_newest(kept: OrderedDict[int, T], id: int, most: int) -> None:
    """Make one of what is kept the newest, and forget the oldest if there are too many."""
    kept.move_to_end(id)
    if len(kept) > most:
        kept.popitem(last=False)
