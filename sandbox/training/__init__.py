"""Learning: runs that can be killed and go on, whatever learns, exact answers. Imported only when asked for (torch)."""
