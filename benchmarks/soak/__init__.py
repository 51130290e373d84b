"""Nights with everything that can go wrong, until the time is over."""
