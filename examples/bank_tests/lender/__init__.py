"""A lender's own clients: what this project is about, and what its tests try."""
