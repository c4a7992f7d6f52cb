"""Clock, logging, metrics and the operators' commands."""
