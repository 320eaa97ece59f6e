"""The map of a workspace: embeddings in two dimensions, what lies in a lasso, thumbnail tiles."""
