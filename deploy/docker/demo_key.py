"""`python -m deploy.docker.demo_key`: a key with every scope, which the simulator sends with; in a demo alone."""

from deploy.local.first import development_key
from deploy.local.programs import Layout
from services.common.settings import Settings

if __name__ == "__main__":
    settings = Settings.load()
    development_key(settings, Layout(settings.local_dir))
