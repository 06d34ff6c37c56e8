"""What a chat sounds like: emotion scores and audio."""
