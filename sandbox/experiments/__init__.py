"""Whole studies: play, compare, report."""
