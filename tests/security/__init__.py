"""Attacks: each test tries one threat of `docs/design/threats.md`."""
