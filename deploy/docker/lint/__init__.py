"""`python -m deploy.docker.lint`: the Compose file, the image and the scripts by rules, where no engine runs."""
