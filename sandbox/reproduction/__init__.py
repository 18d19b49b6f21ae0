"""Published and promised results, each of which one command runs again."""
