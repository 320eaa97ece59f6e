"""Finding galaxies that look alike: projection, neighbour graph and a similarity index (FAISS)."""
