"""Each rule of the world, as maps drawn before and after."""
