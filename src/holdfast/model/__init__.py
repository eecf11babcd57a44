"""What exists: nouns, units and the money they mean."""
