"""What the server answers beside Streamlit: signed stamp addresses, their routes, the workspaces."""
