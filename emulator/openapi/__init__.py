"""The OpenAPI document: loading it, its operations, validation against it."""
