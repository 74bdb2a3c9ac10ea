"""The train rows of a foreign network: given, listed, or drawn as the recorded losses have it."""
