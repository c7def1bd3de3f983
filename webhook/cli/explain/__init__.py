"""`hf-token-injector explain`: which containers have or get a token, why, and from where."""

from typing import Any, Final

import click
from click.core import ParameterSource

from webhook.cli.choices import Choice
from webhook.cli.connect import access_options
from webhook.cli.explain.targets import EXPLAINED, Words, parse
from webhook.cli.offline import manifest_options
from webhook.cli.platform import MUTATING
from webhook.cli.terminal import COLOR
from webhook.cluster.resources import NAMESPACE

_OFFLINE: Final = ("recursive", "annotations", "mode")
"""Options that say what a cluster tells by itself."""
_LIVE: Final = ("kubeconfig", "kube_context", "mutating_configuration")
"""Options that say which cluster."""

_OF_NO_NAMESPACE: Final = tuple(one for one in EXPLAINED if not one.namespaced and one is not NAMESPACE)


@click.command(short_help="Tell which containers have or get a token, and why.")
@click.argument("words", metavar="[TYPE/NAME | TYPE [NAME]]...", nargs=-1, type=Words())
@manifest_options(required=False)
@click.option("--all-namespaces", "-A", is_flag=True, help="Every namespace that has opted in.")
@access_options
@MUTATING
@click.option("--output", "-o", type=Choice(["table", "json"]), default="table", show_default=True)
@COLOR
@click.pass_context
def explain(context: click.Context, /, *, words: tuple[str, ...], output: str, **options: Any) -> None:  # noqa: ANN401 - those that are handed on
    """Tell for each container whether it has or gets a token, why, and from which Secret.

    Of a cluster: `isvc/NAME`, `pod/NAME`, `deploy/NAME` and other kinds with Pods, `ns/NAME` for all
    workloads of a namespace, `-A` for those of all namespaces that have opted in. The first line says why a
    token is missing, and the lines below it are the commands that mend it. Without `-n` the namespace of the
    kubeconfig is meant. It needs the rights to read what is asked about; what else may not be read is told,
    and the rest is shown. Of Secrets only metadata is read.

    Of manifests, without a cluster: `-f`.

    The JSON of two versions of hf-token-injector can be compared before an upgrade: its order does not
    change, it has no times, and "version" is the version of its shape.

    \b
    Exit codes:
      0    everything was read, and nothing would be refused
      2    a manifest or the command line is wrong, or what is asked about is not there or may not be read
      3    an object is refused, or would be, by the webhook
    """  # noqa: D301 - \b keeps click from filling the lines below it
    everywhere, filenames = options["all_namespaces"], options["filenames"]
    targets = parse(words)
    if filenames and (targets or everywhere):
        raise click.UsageError("-f is about manifests, and the other arguments are about a cluster.")
    if not filenames and not targets and not everywhere and not options["namespace"]:
        raise click.UsageError("What is to be explained? Say isvc/NAME, pod/NAME, ns/NAME, -A, or -f FILE.")
    if everywhere and any(target.name for target in targets):
        raise click.UsageError("-A is about all objects, so that none can be named.")
    if everywhere and any(target.resource in _OF_NO_NAMESPACE for target in targets):
        raise click.UsageError("-A is about namespaces, and that kind is in none.")
    if not everywhere and any(target == (NAMESPACE, "") for target in targets):
        raise click.UsageError("Which namespace? Say ns/NAME, or -A for all that have opted in.")
    _refuse(context, _LIVE if filenames else _OFFLINE, "cluster" if filenames else "-f")
    if filenames:
        from webhook.cli.explain.offline import explain_manifests  # noqa: PLC0415 - what is not asked for is not imported

        context.exit(explain_manifests(output=output, **options))
    from webhook.cli.explain.asking import explain_cluster  # noqa: PLC0415 - the same

    context.exit(explain_cluster(targets, output=output, **options))


def _refuse(context: click.Context, parameters: tuple[str, ...], about: str) -> None:
    """Refuse options that have no meaning here.

    Raises:
        click.UsageError: One was given.
    """
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if parameter.name in parameters and given:
            raise click.UsageError(f"{parameter.opts[0]} is only for {about}.")
