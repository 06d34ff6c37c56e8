"""Text-to-speech: utterances in, sound out."""
