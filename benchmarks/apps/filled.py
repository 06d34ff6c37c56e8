"""The emulator with a world that is full of events: `python -m benchmarks.apps.filled EVENTS PORT`.

The world's key is "bounds".
"""

import gc
import sys

from benchmarks.filling import add_chats, add_events
from emulator.apis.evi.state import EviState
from emulator.server import Server
from emulator.settings import Settings

KEY = "bounds"
EVENTS_PER_CHAT = 100


def main() -> None:
    events, port = map(int, sys.argv[1:])
    server = Server(Settings(port=port, max_events=events, max_snapshot_bytes=2**31))
    chats = server.app.worlds.get(KEY).state(EviState).chats
    add_chats(chats, events // EVENTS_PER_CHAT)
    for number in range(events // EVENTS_PER_CHAT):
        add_events(chats, number, EVENTS_PER_CHAT)
    gc.freeze()  # as `serve` does
    gc.set_threshold(10_000, 10, 40)
    server.run()


if __name__ == "__main__":
    main()
