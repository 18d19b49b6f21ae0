"""Episodes that are remembered: gone back in, changed by hand, branched, recorded and filmed."""
