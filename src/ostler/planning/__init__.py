"""In which order: (catalog, snapshot, request) -> plan or refusals. One module per operation; pure."""
