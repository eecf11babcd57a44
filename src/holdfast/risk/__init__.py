"""Whether an order may leave, and what must stop."""
