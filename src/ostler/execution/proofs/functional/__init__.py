"""Using the cloud as its users do: making, using, moving and deleting one of everything."""
