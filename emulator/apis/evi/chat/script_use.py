"""How the scripts of a world are used: which rules have answered, and which turns met none."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.apis.evi.chat.script import Rule, Script, UserTurn
from emulator.source_files import short

_MOST_SCRIPTS = 50  # that were used last
_MOST_TURNS = 50


@dataclass(slots=True)
class _Use:
    """The rules of one script, and how many turns each has answered, by the id of the rule.

    Rules that have answered are kept, since another may get the id of one that is gone.
    """

    rules: list[Rule]
    answered: Counter[int] = field(default_factory=Counter)
    kept: dict[int, Rule] = field(default_factory=dict)

    def copy(self) -> "_Use":
        return _Use(self.rules, self.answered.copy(), self.kept.copy())


class ScriptUse:
    """Counts for the chats of a world. Rules that the world began with are never unused."""

    def __init__(self) -> None:
        self.unmatched: deque[str] = deque(maxlen=_MOST_TURNS)  # in words
        self._uses: OrderedDict[int, _Use] = OrderedDict()  # by the id of the list of rules
        self._excused: dict[int, Rule] = {}  # by their ids

    def copy(self) -> "ScriptUse":
        """Return an equal one, which goes on by itself."""
        copy = ScriptUse()
        copy.unmatched.extend(self.unmatched)
        copy._uses = OrderedDict((id, use.copy()) for id, use in self._uses.items())
        copy._excused = self._excused.copy()
        return copy

    def excuse(self, script: Script) -> None:
        """Let rules be unused that nobody has added to this world."""
        self._excused |= {id(rule): rule for rule in script.rules}

    def begin(self, script: Script) -> None:
        """Take note that a chat follows a script."""
        self._use_of(script.rules)

    def _use_of(self, rules: list[Rule]) -> _Use:
        use = self._uses.setdefault(id(rules), _Use(rules))
        self._uses.move_to_end(id(rules))
        if len(self._uses) > _MOST_SCRIPTS:
            self._uses.popitem(last=False)
        return use

    def answer(self, script: Script, rule: Rule) -> None:
        """Take note that a rule answers a turn."""
        use = self._use_of(script.rules)
        use.answered[id(rule)] += 1
        use.kept[id(rule)] = rule

    def counts(self, script: Script) -> list[int]:
        """Return how many turns each rule of a script has answered."""
        use = self._uses.get(id(script.rules))
        return [0 if use is None else use.answered[id(rule)] for rule in script.rules]

    def miss(self, chat_id: str, turn: UserTurn) -> str:
        """Take note of a turn that no rule matches, and return that in words."""
        told = f"no rule of the script matches turn {turn.number}: {short(turn.text)}"
        self.unmatched.append(f"{told} (chat {chat_id})")
        return told

    def unused(self, own: Script) -> Iterator[str]:
        """Yield in words each rule of a script, and of others in use, that never answered."""
        used = {id for use in self._uses.values() for id in use.answered}
        used |= self._excused.keys()
        lists = (*(use.rules for use in self._uses.values()), own.rules)
        for rule in {id(rule): rule for rules in lists for rule in rules}.values():
            if id(rule) not in used:
                yield f"the script's rule for {rule} never answered"
