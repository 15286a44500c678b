"""Telling people: plans, journals and findings as text, JSON and HTML. Pure."""
