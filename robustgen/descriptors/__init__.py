"""What rows are, told without training: thumbnails, edges and textures of images; words or numbers."""
