"""Control routes of EVI: scripts, simulated chats, a chat's audio."""
