"""Prefect only: the flows, their tasks and deployments."""
