"""A journal under other limits: what is changed, and what people read of it."""
