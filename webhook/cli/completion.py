"""`hf-token-injector completion`: what a shell needs to complete our commands and options."""

import click
from click.shell_completion import get_completion_class

from webhook.cli.choices import Choice
from webhook.cli.terminal import write

_PROGRAM = "hf-token-injector"
_VARIABLE = "_HF_TOKEN_INJECTOR_COMPLETE"


@click.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  source <(hf-token-injector completion bash)
    zsh:   source <(hf-token-injector completion zsh)
    fish:  hf-token-injector completion fish | source
    """  # noqa: D301 - \b keeps click from filling the lines below it
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"no completion for {shell}")
    write(script(context.find_root().command, {}, _PROGRAM, _VARIABLE).source() + "\n")
