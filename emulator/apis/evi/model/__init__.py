"""Language models that a chat asks for its words."""
