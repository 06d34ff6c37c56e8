"""Makes the page about what the demo seed holds, from the seed."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from emulator.resources import bundled
from scripts.markdown import code, table


def contents() -> str:
    """Return a table for each kind of thing in the seed."""
    seed = yaml.safe_load(bundled("fixtures/demo.yaml").read_text())
    parts = [
        "## Configs, prompts and tools\n",
        *(_versioned(kind, seed[kind]) for kind in ("configs", "prompts", "tools")),
        "## Chats\n",
        _chats(seed["chat_groups"]),
        "## Events\n",
        _events(seed["chat_groups"]),
        "## Voices and generations\n",
        _voices(seed),
        "## Runs of Expression Measurement\n",
        _runs(seed["expression_runs"]),
    ]
    return "\n".join(parts)


def _versioned(kind: str, items: list[dict[str, Any]]) -> str:
    rows = [(each["name"], code(each["id"]), str(len(each["versions"]))) for each in items]
    return table((kind[:-1], "id", "versions"), rows)


def _chats(groups: list[dict[str, Any]]) -> str:
    return table(("group", "chat", "status", "began", "events"), _chat_rows(groups))


def _chat_rows(groups: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for group in groups:
        for number, chat in enumerate(group["chats"]):
            began = datetime.fromtimestamp(chat["start_timestamp"] / 1000, UTC)
            yield (
                code(group["id"]) if number == 0 else "",
                code(chat["id"]),
                code(chat["status"]),
                began.strftime("%Y-%m-%d"),
                str(len(chat.get("events", ()))),
            )


def _events(groups: list[dict[str, Any]]) -> str:
    chats = [chat for group in groups for chat in group["chats"]]
    counted = Counter(event["type"] for chat in chats for event in chat.get("events", ()))
    rows = [(code(kind), str(count)) for kind, count in sorted(counted.items())]
    return table(("event type", "how many"), rows)


def _voices(seed: dict[str, Any]) -> str:
    rows = [("custom voice", each["name"], code(each["id"])) for each in seed["voices"]]
    rows += [
        ("generation", each["utterances"][0]["text"], code(each["id"]))
        for each in seed["generations"]
    ]
    return table(("what", "name or text", "id"), rows)


def _runs(runs: list[dict[str, Any]]) -> str:
    rows = [
        (
            code(each["id"]),
            code(each["endpoint"]),
            code(each["mode"]),
            str(len(each.get("events", ()))),
        )
        for each in runs
    ]
    return table(("run", "endpoint", "mode", "events"), rows)
