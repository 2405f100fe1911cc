"""What several tests build their input with."""
