"""The audit of a table: how each row is judged and why, what is remarkable, what would be removed."""
