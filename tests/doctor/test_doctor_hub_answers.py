import pytest

from webhook.doctor.ended import Cause
from webhook.doctor.hub import Sizes, judged, probed_file, sizes_of


@pytest.mark.parametrize(
    ("status", "code", "message", "with_token", "cause"),
    [
        (200, "", "", True, None),
        (302, "", "", True, None),
        (401, "GatedRepo", "Access to model x is restricted.", False, Cause.UNAUTHENTICATED),
        (401, "RepoNotFound", "Repository not found", False, Cause.UNAUTHENTICATED),
        (401, "", "Invalid credentials in Authorization header", True, Cause.REFUSED),
        (401, "RepoNotFound", "Repository not found", True, Cause.REFUSED),
        (403, "GatedRepo", "you are not in the authorized list", True, Cause.NOT_ON_THE_LIST),
        (403, "GatedRepo", "enable access in your fine-grained token settings", True, Cause.FINE_GRAINED),
        (403, "", "", True, Cause.FORBIDDEN),
        (404, "RepoNotFound", "", True, Cause.NOT_FOUND),
        (404, "RevisionNotFound", "", True, Cause.NO_REVISION),
        (429, "", "", True, Cause.TOO_MANY),
        (503, "", "", True, Cause.UNKNOWN),
    ],
)
def test_refusals_are_told_apart_as_the_hub_means_them(
    status: int, code: str, message: str, *, with_token: bool, cause: Cause | None
) -> None:
    assert judged(status, code, message, with_token=with_token) is cause


def described(**files: int | None) -> dict[str, object]:
    return {
        "siblings": [
            {"rfilename": name.replace("_DOT_", ".")} | ({} if size is None else {"size": size})
            for name, size in files.items()
        ]
    }


def test_a_repository_is_as_large_as_its_files_and_needs_one_form_of_its_weights() -> None:
    files = described(a_DOT_safetensors=100, pytorch_model_DOT_bin=100, config_DOT_json=1)
    assert sizes_of(files) == Sizes(201, 101)
    assert sizes_of(described(pytorch_model_DOT_bin=100, config_DOT_json=1)) == Sizes(101, 101)


def test_sizes_that_are_not_all_told_are_not_known() -> None:
    assert sizes_of(described(a_DOT_safetensors=100, b_DOT_safetensors=None)) is None
    assert sizes_of({}) is None


def test_a_small_file_is_asked_for() -> None:
    assert probed_file(described(weights_DOT_bin=1, config_DOT_json=1)) == "config.json"
    assert probed_file(described(weights_DOT_bin=1)) == "weights.bin"
    assert probed_file({}) == ""
