"""The query parameters that say who calls: the one list of their names."""

API_KEY, ACCESS_TOKEN = "api_key", "access_token"
CREDENTIALS = (API_KEY, ACCESS_TOKEN)  # of any request, in the order in which they count

# How official clients spelled them in a chat's handshake until late 2025.
OLDER_CREDENTIALS = {"apiKey": API_KEY, "accessToken": ACCESS_TOKEN}

# All that a handshake may have, in the order in which they count, each with its spelling of today.
HANDSHAKE_CREDENTIALS = {**dict(zip(CREDENTIALS, CREDENTIALS, strict=True)), **OLDER_CREDENTIALS}
