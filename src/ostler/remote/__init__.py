"""Reaching a cloud: its hosts and its APIs. Imports only the ground floor (errors, secret, commands)."""
