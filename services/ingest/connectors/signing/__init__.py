"""What verifying has alike whatever the vendor."""
