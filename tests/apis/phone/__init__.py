"""Tests of phone calls."""
