"""Model and dataset cards, metadata_update, validation, through huggingface_hub.

RepoCard.validate, and so push_to_hub and metadata_update, post to the production host whatever HF_ENDPOINT says (repocard.py). The
requests are turned to the hub by checks.py: with a plain client and no way to that host, these three calls cannot work anywhere.
"""

from checks import *  # noqa: F403
from huggingface_hub import DatasetCard, DatasetCardData, ModelCard, ModelCardData, metadata_load, metadata_update
from huggingface_hub.utils import BadRequestError

CARD = """---
language: en
license: mit
library_name: timm
tags: [one, two]
datasets: [ada/words]
pipeline_tag: image-classification
model-index:
- name: tiny
  results:
  - task: {type: image-classification}
    dataset: {type: cifar10, name: CIFAR-10}
    metrics:
    - {type: accuracy, value: 0.9}
---
# Tiny
"""


@check("ModelCard.load reads the card and its results")
def _():
    name = new_repo("load")
    put(name, {"README.md": CARD})
    card = ModelCard.load(name, token=TOKEN)
    assert card.data.license == "mit" and card.data.tags == ["one", "two"] and card.text.strip() == "# Tiny", card
    assert card.data.eval_results[0].metric_value == 0.9 and card.data.model_name == "tiny"
    info = api.model_info(name)
    assert info.card_data.library_name == "timm" and info.pipeline_tag == "image-classification" and info.library_name == "timm", info
    assert {"one", "two", "en", "license:mit", "dataset:ada/words", "timm", "image-classification", "region:us"} <= set(info.tags), info.tags
    assert info.model_index[0]["name"] == "tiny" and info.card_data.eval_results[0].dataset_name == "CIFAR-10", info


@check("base models, arXiv links and config give their tags")
def _():
    name = new_repo("tags")
    put(name, {
        "README.md": "---\nbase_model: ada/base\nbase_model_relation: adapter\n---\nSee https://arxiv.org/abs/1706.03762 for why.\n",
        "config.json": '{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}',
    })
    info = api.model_info(name)
    assert {"base_model:ada/base", "base_model:adapter:ada/base", "arxiv:1706.03762", "gpt2", "transformers"} <= set(info.tags), info.tags
    assert info.pipeline_tag == "text-generation" and info.transformers_info.auto_model == "AutoModelForCausalLM", info


@check("ModelCard.validate and push_to_hub")
def _():
    name = new_repo("push")
    data = ModelCardData(license="mit", language="en", tags=["pushed"])
    card = ModelCard(f"---\n{data.to_yaml()}\n---\n# Pushed\n")
    card.validate()
    card.push_to_hub(name, token=TOKEN)
    assert ModelCard.load(name, token=TOKEN).data.license == "mit"
    refused(ValueError, lambda: ModelCard("---\nlicense: not-a-licence\n---\n").validate(), words="license")
    ModelCard("no front matter at all").validate()    # only a warning


@check("metadata_update adds, refuses to overwrite, overwrites")
def _():
    name = new_repo("update")
    put(name, {"README.md": CARD})
    url = metadata_update(name, {"tags": ["three"]}, token=TOKEN, overwrite=True)
    assert url.startswith(f"{HUB}/{name}/"), url    # the commit in 1.x, the file in 0.x
    refused(ValueError, lambda: metadata_update(name, {"license": "apache-2.0"}, token=TOKEN))
    metadata_update(name, {"license": "apache-2.0"}, token=TOKEN, overwrite=True)
    result = {"model-index": [{"name": "tiny", "results": [{"task": {"type": "image-classification"}, "dataset": {"type": "svhn", "name": "SVHN"},
                                                            "metrics": [{"type": "accuracy", "value": 0.8}]}]}]}
    metadata_update(name, result, token=TOKEN)
    path = SCRATCH / "README.md"
    path.write_bytes(content(name, "README.md"))
    data = metadata_load(path)
    assert data["license"] == "apache-2.0" and data["tags"] == ["three"] and len(data["model-index"][0]["results"]) == 2, data
    assert "license:apache-2.0" in api.model_info(name).tags and "three" in api.model_info(name).tags


@check("a dataset card")
def _():
    name = new_repo("dataset", repo_type="dataset")
    card = DatasetCard(f"---\n{DatasetCardData(language='de', license='cc-by-4.0', pretty_name='Rows').to_yaml()}\n---\n# Rows\n")
    card.push_to_hub(name, token=TOKEN)
    assert DatasetCard.load(name, token=TOKEN).data.pretty_name == "Rows"
    assert {"language:de", "license:cc-by-4.0"} <= set(api.dataset_info(name).tags)


@check("an upload with a broken card is refused with the reasons, nothing is written")
def _():
    name = new_repo("broken")
    for text, word in (("---\nlicense: not-a-licence\n---\n", "license"), ("---\n- a list\n---\n", ""), ("---\na: [1\n---\n", ""),
                       ("---\nmodel-index: {}\n---\n", "model-index")):
        refused((BadRequestError, ValueError), lambda: put(name, {"README.md": text}), words=word)
    assert files_of(name) == []
    put(name, {"README.md": "# No front matter is only a warning\n"})


finish()
