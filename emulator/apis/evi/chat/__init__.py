"""Live chats: messages, sessions, scripts, the assistant, audio."""
