"""Contracts: checks that run over whole folders, so that a new file is tested the moment it exists."""
