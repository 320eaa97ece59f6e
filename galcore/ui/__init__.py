"""What the pages share: the shell around them, who is here, the one selection, charts and components."""
