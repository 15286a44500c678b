"""Rehearsing an upgrade on a copy of the databases: the real commands of every hop, in a place without a network."""
