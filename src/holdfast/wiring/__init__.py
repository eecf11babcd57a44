"""Settings become running objects here: the one package that knows everybody."""
