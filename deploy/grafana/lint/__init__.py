"""`python -m deploy.grafana.lint`: the boards and their provisioning by rules, where no Grafana runs."""
