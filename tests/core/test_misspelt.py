from typing import Any

import pytest

from webhook.core.misspelt import misspelt

KSERVE = "serving.kserve.io"


def of_service(**predictor: Any) -> tuple[str, ...]:  # noqa: ANN401 - fields as they are
    return misspelt(KSERVE, "InferenceService", {"spec": {"predictor": predictor}})


@pytest.mark.parametrize(
    ("uri", "clause"),
    [
        ("HF://a/b", "HF://a/b is not read by KServe: write hf://a/b"),
        ("hf:/a/b", "hf:/a/b is not read by KServe: write hf://a/b"),
        ("hf:a/b:main", "hf:a/b:main is not read by KServe: write hf://a/b:main"),
        ("Hf:/b", "Hf:/b is not read by KServe: write hf://owner/model"),
        ("hf://b", "hf://b names no repository: it must be hf://owner/model"),
        ("hf://", "hf:// names no repository: it must be hf://owner/model"),
        ("hf://a/b/", "hf://a/b/ names no repository: it must be hf://owner/model"),
        (
            "hf://a/b:refs/pr/1",
            "hf://a/b:refs/pr/1 names no repository: it must be hf://owner/model or hf://owner/model:revision",
        ),
    ],
)
def test_a_uri_that_looks_like_a_model_is_told_what_it_lacks(uri: str, clause: str) -> None:
    assert of_service(model={"storageUri": uri}) == (clause,)


@pytest.mark.parametrize(
    "uri", ["hf://a/b", "hf://a/b:main", "s3://hf/x", "/mnt/hf", "pvc://hf", "hfs://x", "", None, 1, {}]
)
def test_a_model_and_what_has_nothing_to_do_with_the_hub_are_no_mistakes(uri: Any) -> None:  # noqa: ANN401
    assert of_service(model={"storageUri": uri}) == ()


@pytest.mark.parametrize(
    ("uri", "meant"),
    [
        ("https://huggingface.co/a/b", "hf://a/b"),
        ("https://huggingface.co/a/b/", "hf://a/b"),
        ("http://hf.co/a/b", "hf://a/b"),
        ("https://www.HuggingFace.co/a/b?library=vllm#readme", "hf://a/b"),
        ("https://huggingface.co/a/b/tree/main", "hf://a/b:main"),
    ],
)
def test_the_page_of_a_model_is_told_with_the_uri_that_is_meant(uri: str, meant: str) -> None:
    clause = f"{uri} is downloaded by KServe as a web page, without a token: write {meant}"
    assert of_service(model={"storageUri": uri}) == (clause,)
    assert of_service(storageUris=[{"uri": uri}]) == (clause,)
    llm = misspelt(KSERVE, "LLMInferenceService", {"spec": {"model": {"uri": uri}}})
    assert llm == (f"{uri} is not read by KServe: write {meant}",)


@pytest.mark.parametrize(
    "uri",
    [
        "https://huggingface.co/a/b/resolve/main/model.onnx",
        "https://huggingface.co/datasets/squad",
        "https://huggingface.co/b",
        "https://huggingface.co/a/b--c",
        "https://huggingface.co.example.com/a/b",
        "https://example.com/a/b",
    ],
)
def test_a_file_and_what_is_no_page_of_a_model_are_no_mistakes(uri: str) -> None:
    assert of_service(model={"storageUri": uri}) == ()


@pytest.mark.parametrize(
    ("path", "clause"),
    [
        ("b", "storage.path b names no repository: it must be owner/model"),
        ("a/b/c", "storage.path a/b/c names no repository: it must be owner/model"),
        ("//a/b", "storage.path //a/b names no repository: it must be owner/model"),
        ("hf://a/b", "storage.path hf://a/b names no repository: it must be owner/model"),
        ("", 'storage.path "" names no repository: it must be owner/model'),
        (
            "a/b:refs/pr/1",
            "storage.path a/b:refs/pr/1 names no repository: it must be owner/model or owner/model:revision",
        ),
    ],
)
def test_a_path_on_the_hub_that_names_no_repository_is_told(path: str, clause: str) -> None:
    storage = {"path": path, "parameters": {"type": "hf"}}
    assert of_service(model={"storage": storage}) == (clause,)
    assert of_service(huggingface={"storage": storage}) == (clause,)


@pytest.mark.parametrize(
    "storage",
    [
        {"path": "a/b", "parameters": {"type": "hf"}},
        {"path": "/a/b:main", "parameters": {"type": "hf"}},
        {"path": "b", "parameters": {"type": "s3"}},
        {"path": "b"},
        {"path": 1, "parameters": {"type": "hf"}},
        {"parameters": {"type": "hf"}},
        "b",
    ],
)
def test_other_paths_and_paths_of_other_storage_are_no_mistakes(storage: Any) -> None:  # noqa: ANN401
    assert of_service(model={"storage": storage}) == ()


def test_of_predictors_alone_kserve_reads_storage() -> None:
    storage = {"storage": {"path": "b", "parameters": {"type": "hf"}}}
    canary = {"spec": {"canary": [{"predictor": {"model": storage}}, 1]}}
    clause = "storage.path b names no repository: it must be owner/model"
    assert misspelt(KSERVE, "InferenceService", canary) == (clause,)
    assert misspelt(KSERVE, "InferenceService", {"spec": {"explainer": {"art": storage}}}) == ()
    assert misspelt(KSERVE, "InferenceService", {"spec": {"predictor": {"model": 1}}}) == ()
    assert misspelt(KSERVE, "InferenceService", {"spec": None}) == ()


def test_every_place_is_looked_at_that_kserve_downloads_from() -> None:
    clause = "hf://b names no repository: it must be hf://owner/model"
    assert of_service(sklearn={"storageUri": "hf://b"}, storageUris=[{"uri": "hf://b"}, 1]) == (clause,)
    canary = {"spec": {"canary": [{"predictor": {"model": {"storageUri": "hf://b"}}}]}}
    assert misspelt(KSERVE, "InferenceService", canary) == (clause,)
    model = {"uri": "HF://a/b", "lora": {"adapters": [{"uri": "hf://b"}]}}
    llm = misspelt(KSERVE, "LLMInferenceService", {"spec": {"model": model}})
    assert llm == ("HF://a/b is not read by KServe: write hf://a/b", clause)


def test_of_a_pod_only_what_kserve_made_is_looked_at() -> None:
    def of_pod(name: str) -> tuple[str, ...]:
        container = {"name": name, "args": ["hf://b", "/mnt/models"]}
        return misspelt("", "Pod", {"spec": {"initContainers": [container]}})

    assert of_pod("storage-initializer") == ("hf://b names no repository: it must be hf://owner/model",)
    assert of_pod("mine") == ()
    assert misspelt("", "ConfigMap", {"spec": {"storageUri": "hf://b"}}) == ()


def test_no_token_is_shown() -> None:
    (clause,) = of_service(model={"storageUri": f"hf://hf_{'madeUp' * 6}"})
    assert clause.startswith("hf://hf_… names no repository")
    storage = {"path": f"hf_{'madeUp' * 6}", "parameters": {"type": "hf"}}
    (clause,) = of_service(model={"storage": storage})
    assert clause.startswith("storage.path hf_… names no repository")
    (clause,) = of_service(model={"storageUri": f"https://huggingface.co/a/b?token=hf_{'madeUp' * 6}"})
    assert clause.startswith("https://huggingface.co/a/b?token=hf_… is downloaded")
