import pytest

from webhook.doctor.quantities import quantity, shown


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10Gi", 10 * 1024**3),
        ("1.5Gi", 1536 * 1024**2),
        ("500M", 500_000_000),
        ("64Ki", 65536),
        ("2k", 2000),
        ("1e9", 10**9),
        ("1E", 10**18),
        ("2000m", 2),
        ("123", 123),
        (123, 123),
        ("ten", None),
        ("10GB", None),
        (None, None),
    ],
)
def test_quantities_are_read_as_kubernetes_does(written: object, meant: int | None) -> None:
    assert quantity(written) == meant


@pytest.mark.parametrize(
    ("size", "text"),
    [(512, "512 B"), (1536, "1.5 KiB"), (16 * 1024**3, "16.0 GiB"), (3 * 1024**5, "3072.0 TiB")],
)
def test_sizes_are_shown_for_people(size: int, text: str) -> None:
    assert shown(size) == text
