"""Worlds as environments: batches, the PettingZoo face, pictures and films of them."""
