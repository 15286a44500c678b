"""OpenStack on the practice hosts: built, configured, deployed, filled and proved."""
