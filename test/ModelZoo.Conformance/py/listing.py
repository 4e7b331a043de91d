"""list_models, list_datasets, list_spaces with every filter, order and expansion."""

from checks import *  # noqa: F403
from huggingface_hub.utils import BadRequestError

import time

mark = unique("mark").replace("-", "")    # a tag that only these repositories carry


def make(stem, front, files=None, repo_type="model", **options):
    name = new_repo(f"{mark}-{stem}", repo_type=repo_type, **options)
    put(name, {"README.md": f"---\ntags: [{mark}]\n{front}\n---\n# {stem}\n", **(files or {})}, repo_type=repo_type)
    time.sleep(0.02)    # so that no two were created in the same millisecond
    return name


def tensors(count):
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(4 * count)


text = make("text", "pipeline_tag: text-generation\nlanguage: [en, fr]\nlicense: mit\ndatasets: [ada/words]", {"model.safetensors": tensors(1000)})
image = make("image", "pipeline_tag: image-classification\nlibrary_name: timm\nlicense: apache-2.0", {"model.safetensors": tensors(20_000)})
bert = make("bert", "language: en", {"config.json": json.dumps({"architectures": ["BertForSequenceClassification"], "model_type": "bert"})})
hidden = make("hidden", "license: mit", private=True)
ALL = {text, image, bert, hidden}


def names(**query):
    query.setdefault("filter", mark)
    return [m.id for m in api.list_models(**query)]


@check("filters: tags are joined by AND, each kind of tag is found")
def _():
    assert set(names()) == ALL, names()
    for tags, expected in (
        ([mark, "license:mit"], {text, hidden}), ([mark, "en"], {text, bert}), ([mark, "en", "fr"], {text}), ([mark, "timm"], {image}),
        ([mark, "bert"], {bert}), ([mark, "transformers"], {bert}), ([mark, "safetensors"], {text, image}), ([mark, "text-generation"], {text}),
        ([mark, "dataset:ada/words"], {text}), ([mark, "nothing-like-it"], set()),
    ):
        assert set(names(filter=tags)) == expected, (tags, names(filter=tags))


@check("author, search, model name, pipeline tag, trained dataset")
def _():
    assert set(names(author="ada")) == ALL and names(author="nobody-here") == []
    assert set(names(search=mark.upper(), filter=None)) == ALL
    assert names(search=f"{mark}-ima", filter=None) == [image]
    assert names(pipeline_tag="text-generation") == [text] and names(pipeline_tag="text-classification") == [bert]
    assert names(trained_dataset="ada/words") == [text]
    assert names(gated=True) == [] and set(names(gated=False)) == ALL


if GENERATION:

    @check("num_parameters")
    def _():
        assert names(num_parameters="min:10K") == [image] and names(num_parameters="max:10K") == [text]
        assert set(names(num_parameters="min:100,max:1M")) == {text, image}

else:

    @check("the old arguments: task, library, language, tags")
    def _():
        assert names(task="text-generation", filter=None, search=mark) == [text]
        assert set(names(language="en", filter=None, search=mark)) == {text, bert}
        assert names(library="timm", filter=None, search=mark) == [image]
        assert set(names(tags=mark, filter=None)) == ALL


@check("order: newest first by default, total for every key")
def _():
    assert names(sort="created_at") == [hidden, bert, image, text], names(sort="created_at")
    assert names(sort="last_modified") == [hidden, bert, image, text]
    for key in ("downloads", "likes", "trending_score", "createdAt", "lastModified", "likes30d", "num_parameters"):
        once = names(sort=key)
        assert set(once) == ALL and once == names(sort=key), key
    if GENERATION == 0:
        assert set(names(sort="downloads", direction=-1)) == ALL
    refused(BadRequestError, lambda: names(sort="no_such_order"), status=400)


@check("limit")
def _():
    assert names(sort="created_at", limit=2) == [hidden, bert]
    assert len(list(api.list_models(limit=3))) == 3


@check("default fields, full, cardData, config")
def _():
    [plain] = api.list_models(filter=[mark, "bert"])
    assert plain.id == bert and plain.private is False and plain.likes == 0 and plain.downloads == 0, plain
    assert plain.created_at and plain.pipeline_tag == "text-classification" and plain.library_name == "transformers" and mark in plain.tags, plain
    [full] = api.list_models(filter=[mark, "bert"], full=True)
    assert full.sha and full.last_modified and {s.rfilename for s in full.siblings} == {".gitattributes", "README.md", "config.json"}, full
    [card] = api.list_models(filter=[mark, "bert"], cardData=True)
    assert card.card_data.language == "en" or card.card_data.language == ["en"], card
    [config] = api.list_models(filter=[mark, "bert"], fetch_config=True)
    assert config.config["model_type"] == "bert" and config.config["architectures"] == ["BertForSequenceClassification"], config.config


@check("expand, one by one and together")
def _():
    for field in ("author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated", "gguf",
                  "lastModified", "library_name", "likes", "mask_token", "model-index", "pipeline_tag", "private", "safetensors", "sha", "siblings", "spaces",
                  "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData"):
        assert {m.id for m in api.list_models(filter=mark, expand=[field])} == ALL, field
    [one] = api.list_models(filter=[mark, "timm"], expand=["safetensors", "private", "downloadsAllTime", "trendingScore"])
    assert one.safetensors.total == 20_000 and one.private is False and one.downloads_all_time == 0 and one.likes is None, one
    refused(BadRequestError, lambda: list(api.list_models(expand=["nothing"], limit=1)), status=400, words='"expand" must be one of [')


@check("private repositories appear only to those who may read them")
def _():
    assert {m.id for m in nobody.list_models(filter=mark)} == ALL - {hidden}


@check("datasets: filters, order, fields, expand")
def _():
    first = make("rows", "language: [de]\ntask_categories: [text-classification]\ntask_ids: [sentiment-classification]\nsize_categories: [n<1K]\n"
                 "multilinguality: [monolingual]\nlanguage_creators: [found]\nlicense: mit", repo_type="dataset")
    second = make("other", "language: [en]", repo_type="dataset")
    find = lambda **query: [d.id for d in api.list_datasets(**{"filter": mark, **query})]
    assert set(find()) == {first, second}
    for query in ({"language": "de"}, {"task_categories": "text-classification"}, {"task_ids": "sentiment-classification"}, {"size_categories": "n<1K"},
                  {"multilinguality": "monolingual"}, {"language_creators": "found"}, {"search": f"{mark}-rows"}, {"filter": [mark, "license:mit"]}):
        assert find(**query) == [first], (query, find(**query))
    assert set(find(author="ada")) == {first, second} and find(gated=True) == [] and find(sort="created_at") == [second, first]
    [info] = [d for d in api.list_datasets(filter=mark, full=True) if d.id == first]
    assert info.sha and info.last_modified and "language:de" in info.tags and info.card_data.license == "mit", info
    for field in ("author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified", "likes",
                  "mainSize", "paperswithcode_id", "private", "sha", "siblings", "tags", "trendingScore", "usedStorage"):
        assert len(list(api.list_datasets(filter=mark, expand=[field]))) == 2, field


@check("spaces: filters, order, expand")
def _():
    name = new_repo(f"{mark}-space", repo_type="space", space_sdk="static")
    assert [s.id for s in api.list_spaces(search=f"{mark}-space")] == [name]
    [full] = api.list_spaces(search=f"{mark}-space", full=True)
    assert full.sdk == "static" and full.author == "ada", full
    assert name in [s.id for s in api.list_spaces(author="ada", sort="created_at", limit=5)]
    for field in ("author", "cardData", "createdAt", "datasets", "disabled", "lastModified", "likes", "models", "private", "sdk", "sha", "siblings", "subdomain", "tags",
                  "trendingScore", "usedStorage"):
        assert [s.id for s in api.list_spaces(search=f"{mark}-space", expand=[field])] == [name], field
    assert list(api.list_spaces(models="ada/no-such-model", linked=True)) == []


finish()
