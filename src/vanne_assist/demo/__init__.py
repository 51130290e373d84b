"""Job postings for the demo's made-up network (`postings`)."""
