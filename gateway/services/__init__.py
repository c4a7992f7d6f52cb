"""One use case a module, named as a verb."""
