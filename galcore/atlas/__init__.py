"""The map of a workspace: layout of the embeddings in two dimensions, what lies in a lasso, thumbnail tiles."""
