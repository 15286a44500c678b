"""Ostler looks after OpenStack clouds."""
