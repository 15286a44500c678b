"""Taking a run back: a plan computed from the run's journal, from any point of it. Pure."""
