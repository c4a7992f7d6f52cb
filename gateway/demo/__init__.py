"""The whole system on one machine: bank sandboxes, gateway and workers, seeded, on one clock."""
