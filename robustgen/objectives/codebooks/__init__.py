"""What keeps codebooks in use: a reservoir, k-means++ seeds, a schedule, the sets of RVQ-VAE."""
