"""One file, one rule of the world. A new file here is found by itself; mechanics never import one another."""
