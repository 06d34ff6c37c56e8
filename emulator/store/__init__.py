"""What a world remembers: versioned resources, chats, voices. No I/O."""
