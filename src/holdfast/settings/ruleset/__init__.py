"""Rulesets of prop firms and of own money: schema, files, lint, words."""
