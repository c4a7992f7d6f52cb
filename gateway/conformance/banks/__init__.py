"""What the kit expects of each bank, a module a bank, from its page in docs/banks."""
