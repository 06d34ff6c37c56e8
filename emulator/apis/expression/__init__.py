"""Expression Measurement: what voices and faces express, from files and in real time."""
