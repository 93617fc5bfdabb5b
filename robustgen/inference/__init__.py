"""What is done with scores."""
