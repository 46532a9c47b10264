"""Hot array functions: arrays and scalars in, arrays out, no state, so that compiled versions can replace them."""
