"""Many annotators at once over the dashboard's own websockets: what a server carries, and what it loses."""
