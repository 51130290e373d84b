"""What search and offers add to the made-up network of the demo."""
