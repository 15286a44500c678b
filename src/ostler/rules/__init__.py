"""What is wrong: rules as data, judged over a snapshot.

A rule (data/<area>/<name>.yaml, closed schema) asks a few facts, goes over subjects, and fires, stays silent or
cannot tell. Nothing in this package opens a connection, starts a process or reads a clock.
"""
