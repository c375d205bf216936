"""Servers and schedules: Prefect's environment, the supervised services, deployments, the doctor."""
