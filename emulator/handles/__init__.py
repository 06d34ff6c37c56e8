"""What handles for tests are made of, whichever API they are of."""
