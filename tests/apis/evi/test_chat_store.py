"""Chats, groups and events in the store."""

from typing import Any

from emulator.apis.evi.chat_store import CHAT_STATUSES, EVENT_ROLES, ChatStore, new_event
from emulator.jsontext import parse, render
from emulator.store.paging import Page, Paging


def chat(id: str, group: str, start: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "chat_group_id": group,
        "status": "ACTIVE",
        "start_timestamp": start,
        "end_timestamp": None,
        "metadata": "",
        **more,
    }


def store_of(*chats: dict[str, Any]) -> ChatStore:
    store = ChatStore()
    for each in chats:
        store.add_chat(each)
    return store


def ids(page: Page[Any]) -> list[str]:
    return [item["id"] for item in page.items]


def texts(page: Page[Any]) -> list[str]:
    return [event["message_text"] for event in parse(render(list(page.items)))]


CONFIG_A = {"config": {"id": "config-a", "version": 0}}
CONFIG_B = {"config": {"id": "config-b", "version": 1}}


def test_chats_are_listed_by_start_whatever_the_order_of_arrival() -> None:
    """Chats come in order of their start; those that start together, in order of arrival."""
    store = store_of(
        chat("c", "g", 30), chat("a", "g", 10), chat("b1", "g", 20), chat("b2", "h", 20)
    )
    assert ids(store.page_of_chats(Paging())) == ["a", "b1", "b2", "c"]
    assert ids(store.page_of_chats(Paging(0, 2, ascending=False))) == ["c", "b2"]


def test_filters_combine_and_follow_the_status() -> None:
    """A chat that ends leaves the ACTIVE chats and joins those of its new status."""
    store = store_of(
        chat("a", "g", 1, **CONFIG_A), chat("b", "g", 2, **CONFIG_B), chat("c", "h", 3, **CONFIG_A)
    )
    store.end_chat("a", "USER_ENDED", 9)

    assert ids(store.page_of_chats(Paging(), status="ACTIVE")) == ["b", "c"]
    assert ids(store.page_of_chats(Paging(), config_id="config-a")) == ["a", "c"]
    assert ids(store.page_of_chats(Paging(), "config-a", "USER_ENDED")) == ["a"]
    assert ids(store.page_of_chats(Paging(), "config-b", "USER_ENDED")) == []
    assert ids(store.page_of_group_chats("g", Paging(), "USER_ENDED")) == ["a"]
    ended = store.find_chat("a")
    assert ended is not None
    assert (ended["status"], ended["end_timestamp"]) == ("USER_ENDED", 9)


def test_a_group_follows_its_chats() -> None:
    """A group counts its chats, knows first and newest, and is active while any of them is."""
    store = store_of(chat("a", "g", 10, **CONFIG_A), chat("b", "g", 20, **CONFIG_B))
    expected = {
        "id": "g",
        "first_start_timestamp": 10,
        "most_recent_start_timestamp": 20,
        "num_chats": 2,
        "most_recent_chat_id": "b",
        "most_recent_config": CONFIG_B["config"],
        "active": True,
    }
    assert store.find_group("g") == expected

    store.end_chat("b", "ERROR", 30)
    assert store.find_group("g") == expected
    store.end_chat("a", "USER_ENDED", 40)
    assert store.find_group("g") == {**expected, "active": False}


def test_groups_are_found_by_the_config_of_their_newest_chat() -> None:
    """The config filter of groups looks at the newest chat alone."""
    store = store_of(
        chat("a", "g", 10, **CONFIG_A),
        chat("b", "h", 15, **CONFIG_A),
        chat("c", "g", 20, **CONFIG_B),
    )
    assert ids(store.page_of_groups(Paging())) == ["g", "h"]
    assert ids(store.page_of_groups(Paging(), "config-a")) == ["h"]
    assert ids(store.page_of_groups(Paging(), "config-b")) == ["g"]

    store.add_chat(chat("d", "g", 30))
    assert ids(store.page_of_groups(Paging(), "config-b")) == []
    group = store.find_group("g")
    assert group is not None
    assert "most_recent_config" not in group


def test_events_of_a_group_run_through_its_chats() -> None:
    """A chat's events are its own; a group's are those of all its chats, as they happened."""
    store = store_of(chat("a", "g", 10), chat("b", "g", 20), chat("z", "h", 20))
    for number, chat_id in enumerate(["a", "a", "b", "z", "a"]):
        store.add_event(new_event(f"e{number}", chat_id, number, "USER_MESSAGE", f"{number}"))

    assert texts(store.page_of_events("a", Paging())) == ["0", "1", "4"]
    assert texts(store.page_of_events("g", Paging())) == ["0", "1", "2", "4"]
    assert texts(store.page_of_events("g", Paging(0, 3, ascending=False))) == ["4", "2", "1"]
    counted = store.find_chat("a")
    assert counted is not None
    assert counted["event_count"] == 3
    assert [event["id"] for event in store.iter_events("b")] == ["e2"]
    assert [event["id"] for event in store.iter_events("a", since=1)] == ["e1", "e4"]


def test_a_fork_shares_nothing_that_changes() -> None:
    """What happens in a fork stays there."""
    store = store_of(chat("a", "g", 10))
    store.add_event(new_event("e", "a", 1, "USER_MESSAGE", "before"))
    fork = store.fork()

    fork.add_event(new_event("f", "a", 2, "USER_MESSAGE", "after"))
    fork.end_chat("a", "USER_ENDED", 11)
    fork.add_chat(chat("b", "g", 12))

    assert texts(store.page_of_events("a", Paging())) == ["before"]
    assert texts(fork.page_of_events("g", Paging())) == ["before", "after"]
    assert ids(store.page_of_chats(Paging(), status="ACTIVE")) == ["a"]
    assert ids(fork.page_of_chats(Paging(), status="ACTIVE")) == ["b"]
    group = store.find_group("g")
    assert group is not None
    assert group["num_chats"] == 1


def test_tables_match_the_document(app: Any) -> None:
    """The statuses and event types that the code knows are those of the document."""
    schemas = app.document.content["components"]["schemas"]
    assert set(CHAT_STATUSES) == set(schemas["ReturnChatStatus"]["enum"])
    assert set(EVENT_ROLES) == set(schemas["ReturnChatEventType"]["enum"])
    assert set(EVENT_ROLES.values()) == set(schemas["ReturnChatEventRole"]["enum"])
