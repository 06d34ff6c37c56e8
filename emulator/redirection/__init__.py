"""Leads what a Python program sends to the service's host to an emulator.

It runs in programs of all kinds: in a test's own process, and by the start-up hook of
`evi-emulator exec --intercept` in Pythons that have neither the emulator nor its dependencies. So
it needs nothing but the standard library of Python 3.8, imports its own modules by relative names,
and loads what it needs only with the library that it redirects.
"""
