"""The rules of the world as compiled kernels, and states as records."""
