"""A market in a box: one matching model for backtest, paper trading and the venue emulator."""
