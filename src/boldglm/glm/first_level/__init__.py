"""glm/first_level."""
