"""`python -m webhook` is `hf-token-injector`."""

from webhook.cli.main import main

if __name__ == "__main__":
    main()
