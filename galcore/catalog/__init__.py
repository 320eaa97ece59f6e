"""Reading tables and collections of images into one catalogue per workspace."""
