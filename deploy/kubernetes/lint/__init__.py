"""`python -m deploy.kubernetes.lint`: the manifests by Kubernetes' schemas and by rules, where no cluster runs."""
