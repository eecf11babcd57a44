"""Holdfast: a live-trading engine for leveraged accounts that run unattended."""

__version__ = "0.1.0"
