"""The settings page: people and roles, invitations, appearance, keys."""
