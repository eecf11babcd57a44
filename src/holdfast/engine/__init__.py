"""How state changes: verbs. No clock, no input or output, no randomness."""
