"""What operators run from a shell: the commands, and the parts that each of them needs."""
