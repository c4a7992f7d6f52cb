"""The cases, a module for each operation of the port."""
