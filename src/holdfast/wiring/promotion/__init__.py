"""Which pairs of an account may open trades, by what another account has shown on paper."""
