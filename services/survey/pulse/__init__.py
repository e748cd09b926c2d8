"""The team's pulse: what a closed round may tell without telling on anybody."""
