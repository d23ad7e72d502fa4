"""What can be set: every setting, its type, its title and when it has an effect. No torch."""
