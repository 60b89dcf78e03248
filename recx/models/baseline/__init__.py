"""What everything else has to beat."""
