"""What images look like, as vectors that need no training: thumbnails, edges, textures."""
