"""How software sits on a host, for each deployment kind. Pure: paths and texts, no connections."""
