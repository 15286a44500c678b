"""Stand-ins for hypervisors and network agents, for practice clouds."""
