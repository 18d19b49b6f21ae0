"""The tests, as a package so that they can share what is drawn and what is naive."""
