"""The driver, the runtime and the core under simulated time, with faults around them, and what must hold."""
