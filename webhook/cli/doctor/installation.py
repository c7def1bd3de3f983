"""Finds the installed webhook: its configuration among the others, its Deployment, its certificate."""

from base64 import b64decode
from binascii import Error
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from webhook.cli.certs.served import served
from webhook.cli.doctor.aim import Aim
from webhook.cli.doctor.asking import Asking
from webhook.cli.platform import Platform, find_platform, service_of
from webhook.cluster import resources
from webhook.cluster.reader import Object
from webhook.core import read
from webhook.doctor.collected import Installed, Leaf, Topic, Unread

SELECTOR: Final = "app.kubernetes.io/part-of=hf-token-injector,app.kubernetes.io/component=webhook"
"""Of the Deployment and its Pods (the chart's labels)."""

_SELF_MANAGED: Final = "self-managed"
"""The mode in which the settings name the configurations."""


class _Place(NamedTuple):
    """The Secret and the key that hold the certificate."""

    secret: str
    key: str


async def find_installed(asking: Asking, aim: Aim) -> Installed:
    """Return what is installed.

    Raises:
        NoAnswerError: The API server does not answer.
    """
    platform = await find_platform(asking.reader, aim.config, aim.configuration)
    others: tuple[Object, ...] | None = None
    if Topic.OTHERS in aim.topics:
        before = len(asking.unread)
        listed = await asking.all_of(Topic.OTHERS, resources.MUTATING_CONFIGURATION)
        if len(asking.unread) == before:
            others = tuple(one for one in listed if one["metadata"]["name"] != aim.configuration)
            own = (one for one in listed if one["metadata"]["name"] == aim.configuration)
            platform = _listed(platform, next(own, None))
    if platform.installed is None:
        # Asked for once more, so that the refusal is written down as all others are.
        await asking.one(Topic.CONFIGURATION, resources.MUTATING_CONFIGURATION, aim.configuration)
    validating: Object | None = None
    if platform.service and Topic.CERTIFICATE in aim.topics:
        validating = await asking.one(
            Topic.CERTIFICATE, resources.VALIDATING_CONFIGURATION, _validating(platform)
        )
    deployment: Object | None = None
    pods: tuple[Object, ...] = ()
    if platform.namespace and aim.topics & {Topic.SERVER, Topic.CERTIFICATE}:
        deployment = await _deployment(asking, platform)
    if platform.namespace and Topic.SERVER in aim.topics:
        pods = tuple(
            await asking.all_of(Topic.SERVER, resources.POD, platform.namespace, label_selector=SELECTOR)
        )
    leaf = None
    if Topic.CERTIFICATE in aim.topics and platform.configuration is not None:
        leaf = await _leaf(asking, aim, platform, deployment)
    return Installed(
        settings=platform.settings,
        assumed=platform.assumed,
        name=aim.configuration,
        configuration=platform.configuration,
        others=others,
        namespace=platform.namespace,
        service=platform.service,
        certificates=str(platform.server.certificates.mode) if platform.server else "",
        validating=validating,
        deployment=deployment,
        pods=pods,
        leaf=leaf,
    )


def _listed(platform: Platform, own: Object | None) -> Platform:
    """Complete what was found with the list: who may read that may not be allowed to get one."""
    if platform.installed is not None:
        return platform
    if own is None:
        return platform._replace(installed=False)
    service = service_of(own)
    return platform._replace(
        configuration=dict(own),
        namespace=str(service.get("namespace", "")),
        service=str(service.get("name", "")),
        installed=True,
    )


def _validating(platform: Platform) -> str:
    """Return the name of the ValidatingWebhookConfiguration: of the settings, else as the chart makes it."""
    if platform.server and _is_self_managed(platform):
        return platform.server.certificates.validating_configuration
    return f"validating-{platform.service}"


def _is_self_managed(platform: Platform) -> bool:
    return platform.server is not None and str(platform.server.certificates.mode) == _SELF_MANAGED


async def _deployment(asking: Asking, platform: Platform) -> Object | None:
    found = await asking.all_of(
        Topic.SERVER, resources.DEPLOYMENT, platform.namespace, label_selector=SELECTOR
    )
    named = [one for one in found if one["metadata"]["name"] == platform.service]
    return next(iter(named or found), None)


async def _leaf(asking: Asking, aim: Aim, platform: Platform, deployment: Object | None) -> Leaf | None:
    """Return the certificate: as a server shows it, or of the Secret that it is served from."""
    if aim.connect:
        try:
            pem = served(aim.connect, f"{platform.service}.{platform.namespace}.svc")
        except (OSError, OverflowError, ValueError) as error:
            asking.unread.append(Unread(Topic.CERTIFICATE, f"what {aim.connect} serves", f"{error}"))
            return None
        return Leaf(pem, aim.connect)
    place = _place(platform, deployment)
    found = await asking.one(Topic.CERTIFICATE, resources.SECRET, place.secret, platform.namespace)
    if found is None:
        refused = next((one for one in asking.unread if one.topic is Topic.SERVER), None)
        if deployment is None and refused is not None and not _is_self_managed(platform):
            # The Deployment says which Secret it is: none of the name that was tried means nothing.
            asking.unread.append(refused._replace(topic=Topic.CERTIFICATE))
        return None
    # Nothing else of the Secret is looked at: beside it lie private keys.
    try:
        pem = b64decode(read.string(read.mapping(found, "data"), place.key))
    except (Error, ValueError):
        pem = b""
    return Leaf(pem, f"Secret {platform.namespace}/{place.secret} {place.key}")


def _place(platform: Platform, deployment: Object | None) -> _Place:
    """Return where the certificate is: what the Deployment mounts, else the self-managed Secret."""
    pod = read.at(deployment or {}, ("spec", "template", "spec"))
    mounted = [
        read.string(read.mapping(volume, "secret"), "secretName")
        for _, volume in read.objects(pod, "volumes")
        if volume.get("name") == "tls"
    ]
    server = platform.server
    if mounted and mounted[0]:
        path = server.tls.cert_file if server else ""
        return _Place(mounted[0], PurePosixPath(path).name or "tls.crt")
    name = server.certificates.secret_name if server else f"{platform.service}-tls"
    return _Place(name, "tls.crt")
