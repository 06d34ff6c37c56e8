"""The emulated APIs as a server serves them, for tests that need no server."""

from emulator.api import seed_reader, serve, snapshot_reader
from emulator.apis.apis import APIS

SERVED = serve(APIS)
DOCUMENT = SERVED[0].document  # EVI's
VALIDATION = SERVED[0].validation
SEEDS = seed_reader(SERVED)
SNAPSHOTS = snapshot_reader(SERVED)
