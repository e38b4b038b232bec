"""glm/second_level."""
