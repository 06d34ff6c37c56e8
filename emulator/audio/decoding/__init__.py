"""Audio from clients as samples: what format it is in, and a decoder for each format."""
