"""Checks a custom language model: a fixed set of conversations, asked as chats ask."""
