"""The commands that bring a token into a Secret, in the one form in which all of us print them."""


def create_secret(namespace: str, secret: str, key: str) -> str:
    """Return the command that creates a Secret; the token is the reader's to fill in."""
    return f"kubectl create secret generic {secret} -n {namespace} --from-literal={key}=hf_..."


def write_token(namespace: str, secret: str, key: str) -> str:
    """Return the command that writes a token into a Secret that is there."""
    value = f'{{"stringData":{{"{key}":"hf_..."}}}}'
    return f"kubectl patch secret {secret} -n {namespace} -p '{value}'"
