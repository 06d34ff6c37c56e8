"""EVI: configs, prompts, tools, chats, the chat's WebSocket, webhooks."""
