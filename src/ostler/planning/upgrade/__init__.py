"""Upgrading a cloud over one hop: one module per stage, `plan` puts them together. Pure."""
