"""Names that tests import; the chat itself is in `apis/evi/chat`."""
