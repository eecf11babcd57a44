"""What people read about an account that runs or has run."""
