"""A year of opt-outs: what serves, what is trained, and who waits how long."""
