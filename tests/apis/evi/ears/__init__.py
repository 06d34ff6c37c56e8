"""Tests of ears."""
