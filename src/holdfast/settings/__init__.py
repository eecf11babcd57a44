"""Typed configuration and the shipped profiles."""
