"""The OpenAPI document: loading, operations, validation."""
