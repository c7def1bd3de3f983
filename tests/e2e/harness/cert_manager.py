"""cert-manager's real controllers, with the CRDs of their module's folder."""

import yaml

from tests.e2e.harness.binaries import binary, module_folder
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.installing import install_crds
from tests.e2e.harness.processes import Process, Processes


def start_cert_manager(cluster: Cluster, processes: Processes) -> Process:
    """Install the CRDs and start what makes certificates and fills `caBundle`."""
    source = module_folder("certmanager", "github.com/cert-manager/cert-manager")
    manifests = [
        manifest
        for path in sorted((source / "deploy/crds").glob("*.yaml"))
        for manifest in yaml.safe_load_all(path.read_text())
    ]
    install_crds(cluster.api, manifests)
    return processes.start("cert-manager", [binary("cert-manager"), f"--kubeconfig={cluster.kubeconfig}"])
