"""The team's pulse: rounds of questions, and what a closed one may tell without telling on anybody."""
