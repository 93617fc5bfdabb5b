"""What is minimised: pure terms, one value a row, and the small classes that weigh them."""
