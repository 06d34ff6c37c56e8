"""The emulated APIs: a folder for each, over machinery that knows none of them."""
