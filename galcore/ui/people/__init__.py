"""Who is at the keyboard, how they come in, and whether they may."""
