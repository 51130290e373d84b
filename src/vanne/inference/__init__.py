"""The current ensemble, answering: in this process or exported for other engines."""
