"""What can be done: one step kind per file, pure. A kind turns a step into effects; ``execution`` does them."""
