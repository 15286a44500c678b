"""Carrying plans out, durably: the only code that changes a cloud."""
