"""Cadran on Kubernetes: a kustomize base, an overlay for production, and their checks."""
