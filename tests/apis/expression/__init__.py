"""Tests of Expression Measurement."""
