"""A journal folded with other limits: exact until a decision differs, simulated from there."""
