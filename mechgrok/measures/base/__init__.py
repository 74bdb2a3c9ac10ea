"""The interfaces that a measure subclasses."""
