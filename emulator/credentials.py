"""The names of the query parameters that identify the caller, and the key of who gives none."""

DEFAULT_KEY = "any"  # of commands that are given none

API_KEY, ACCESS_TOKEN = "api_key", "access_token"
CREDENTIALS = (API_KEY, ACCESS_TOKEN)  # of any request; the first one given counts

# How official clients spelled them in a chat's handshake until late 2025.
OLDER_CREDENTIALS = {"apiKey": API_KEY, "accessToken": ACCESS_TOKEN}

# All that a handshake may have, each with its present spelling; the first one given counts.
HANDSHAKE_CREDENTIALS = {**dict(zip(CREDENTIALS, CREDENTIALS, strict=True)), **OLDER_CREDENTIALS}
