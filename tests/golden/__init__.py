"""Golden documents: plans of recorded clouds, and published schemas. `make golden` writes them anew."""
