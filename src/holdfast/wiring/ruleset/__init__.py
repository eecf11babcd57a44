"""A ruleset becomes floors, guards, limits and a schedule of the core."""
