#!/usr/bin/env python3
"""Fine-tunes one model: python3 tune.py task.json

Written for models that the built-in trainer cannot hold; `zoo finetune --script` writes task.json. The head alone (probe), low-rank adapters
(lora, by Hugging Face PEFT) or everything (full); text-classification, image-classification, causal-lm. Nothing of a name in the task is
run: remote code stays off. A state is kept after every epoch, and the same command goes on after it.

Only load() and finish() need transformers, datasets and PEFT; the rest is torch and numpy. Beside it lies train.py, whose streams it uses.
"""
import hashlib
import json
import math
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import train

CONTRACT = 1
NO_LABEL = -100


# --- data ----------------------------------------------------------------------------------------------------------

def place_of(row):
    """Where a sample's content lies among all digests, from 0 to 1: equal samples lie at one place."""
    digest = hashlib.sha256()
    for part in row[:2]:
        raw = part.encode() if isinstance(part, str) else b"" if part is None else part.tobytes()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return int.from_bytes(digest.digest()[:8], "big") / 2 ** 64


def hold_out(rows, share, offset=0.0):
    held, rest = [], []
    for row in rows:
        (held if offset <= place_of(row) < offset + share * (1 - offset) else rest).append(row)
    return held, rest


def split_rows(task, rows):
    """Rows by split; a missing validation or test split is a tenth of the training rows, by the digest of their content."""
    learn, held, test = rows["train"], rows.get("validation"), rows.get("test")
    own_test = bool(test)
    if not own_test:
        test, learn = hold_out(learn, 0.1)
    if not held:
        held, learn = hold_out(learn, 0.1, 0.0 if own_test else 0.1)
    seen = {place_of(row) for row in test}
    held = [row for row in held if place_of(row) not in seen]
    seen |= {place_of(row) for row in held}
    learn = [row for row in learn if place_of(row) not in seen]
    if task.get("limit"):
        order = sorted(range(len(learn)), key=lambda i: (place_of(learn[i]), i))[:task["limit"]]
        learn = [learn[i] for i in sorted(order)]
    if not learn:
        sys.exit("there are no rows to train on")
    return {"train": learn, "validation": held, "test": test, "own_test": own_test}


def labels_of(rows):
    """Classes in the order of numbers or letters."""
    names = {row[2] for split in rows.values() for row in split}
    return sorted(names, key=lambda name: (0, int(name), "") if str(name).lstrip("-").isdigit() else (1, 0, str(name)))


# --- training ------------------------------------------------------------------------------------------------------

def rate_factor(task, step, steps):
    warmup = math.ceil(task["warmup"] * steps)
    if step < warmup:
        return (step + 1) / warmup
    if task["schedule"] == "linear":
        return (steps - step) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * step / steps)) if task["schedule"] == "cosine" else 1.0


def loss_of(task, logits, labels):
    if task["task"] == "causal-lm":
        return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=NO_LABEL)
    if task["regression"]:
        return F.mse_loss(logits[:, 0].float(), labels.float())
    return F.cross_entropy(logits.float(), labels, label_smoothing=task["label_smoothing"])


def optimizer_of(task, model):
    """Matrices and tables decay, vectors (biases, normalisation) do not."""
    moving = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [{"params": [w for w in moving if w.dim() > 1], "weight_decay": task["weight_decay"]}, {"params": [w for w in moving if w.dim() <= 1], "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if task["optimizer"] == "sgd":
        return torch.optim.SGD(groups, lr=task["lr"], momentum=task["momentum"])
    return {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[task["optimizer"]](groups, lr=task["lr"])


class Tuning:
    """The loop: epochs over rows, the best by validation, a state after each. collate(rows) gives the model's inputs with "labels"."""

    def __init__(self, task, model, collate, rows):
        self.task, self.model, self.collate, self.rows = task, model, collate, rows
        self.optimizer = optimizer_of(task, model)
        self.moving = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        if not self.moving:
            sys.exit("nothing of the model learns")
        self.epoch, self.best_epoch, self.since_best, self.best_score, self.best, self.curve = 0, 0, 0, None, None, []
        self.file = os.path.join(task["out"], "resume.pt")
        self.identity = hashlib.sha256(json.dumps({**task, "rows": [len(rows[name]) for name in ("train", "validation", "test")]}, sort_keys=True).encode()).hexdigest()

    @property
    def is_over(self):
        return self.epoch >= self.task["epochs"] or (self.task["patience"] > 0 and self.since_best >= self.task["patience"])

    def inputs(self, rows):
        made = {name: values.to(train.DEVICE) for name, values in self.collate(rows).items()}
        return made, made.pop("labels")

    def run_epoch(self):
        self.epoch += 1
        task, rows = self.task, self.rows["train"]
        stream = train.Stream(task["seed"], f"shuffle/{self.epoch}")
        # Dropout is drawn anew for each epoch, so that going on is the same as not having stopped.
        torch.manual_seed(stream.seed & 0x7FFFFFFFFFFFFFFF)
        order, batch = stream.permutation(len(rows)), task["batch"]
        steps = (len(rows) + batch - 1) // batch
        self.model.train()
        total, clock = 0.0, time.monotonic()
        for step in range(steps):
            part = [rows[int(i)] for i in order[step * batch:(step + 1) * batch]]
            given, labels = self.inputs(part)
            loss = loss_of(task, self.model(**given).logits, labels)
            if not math.isfinite(float(loss)):
                sys.exit(f"the loss is no finite number in epoch {self.epoch}, step {step + 1}")
            for group in self.optimizer.param_groups:
                group["lr"] = task["lr"] * rate_factor(task, (self.epoch - 1) * steps + step, task["epochs"] * steps)
            self.optimizer.zero_grad()
            loss.backward()
            if task["clip"] > 0:
                torch.nn.utils.clip_grad_norm_(self.moving.values(), task["clip"])
            self.optimizer.step()
            total += float(loss) * len(part)
        held = self.measure(self.rows["validation"])
        line = {"epoch": self.epoch, "train_loss": total / len(rows), "validation": held, "seconds": round(time.monotonic() - clock, 3)}
        self.curve.append(line)
        self.judge(held)
        return line

    def judge(self, held):
        if held["n"] == 0:
            return
        score = (held["correct"] if "correct" in held else 0, -held["loss"])
        if self.best_score is None or score > tuple(self.best_score):
            self.best_score, self.best_epoch, self.since_best = list(score), self.epoch, 0
            if not self.task["keep_last"]:
                self.best = {name: weight.detach().cpu().clone() for name, weight in self.moving.items()}
        else:
            self.since_best += 1

    @torch.no_grad()
    def measure(self, rows):
        """Samples, mean loss without smoothing, and how many were right."""
        self.model.eval()
        loss, count, correct = 0.0, 0, 0
        plain = {**self.task, "label_smoothing": 0.0}
        for first in range(0, len(rows), self.task["batch"]):
            part = rows[first:first + self.task["batch"]]
            given, labels = self.inputs(part)
            logits = self.model(**given).logits
            loss, count = loss + float(loss_of(plain, logits, labels)) * len(part), count + len(part)
            if self.task["task"] != "causal-lm" and not self.task["regression"]:
                correct += int((logits.argmax(-1) == labels).sum())
        result = {"n": count, "loss": loss / count if count else None}
        if self.task["task"] != "causal-lm" and not self.task["regression"]:
            result["correct"] = correct
            if count:
                result["accuracy"], result["interval"] = correct / count, wilson(correct, count)
        return result

    def keep(self):
        """Beside the old state and then in its place."""
        facts = {"identity": self.identity, "epoch": self.epoch, "best_epoch": self.best_epoch, "since_best": self.since_best, "best_score": self.best_score, "has_best": self.best is not None, "curve": self.curve}
        # Tensors and a text only: whoever reads it runs nothing.
        state = {"facts": json.dumps(facts), "moving": {name: weight.detach().cpu() for name, weight in self.moving.items()}, "best": self.best or {}, "optimizer": self.optimizer.state_dict()["state"]}
        torch.save(state, self.file + ".part")
        os.replace(self.file + ".part", self.file)

    def go_on(self):
        if not os.path.exists(self.file):
            return False
        state = torch.load(self.file, map_location="cpu", weights_only=True)
        facts = json.loads(state["facts"])
        if facts["identity"] != self.identity:
            return False
        self.load(state["moving"])
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state["optimizer"]})
        self.epoch, self.best_epoch, self.since_best, self.best_score, self.curve = (facts[name] for name in ("epoch", "best_epoch", "since_best", "best_score", "curve"))
        self.best = state["best"] if facts["has_best"] else None
        return True

    @torch.no_grad()
    def load(self, values):
        for name, weight in self.moving.items():
            weight.copy_(values[name])

    def run(self, say=print):
        os.makedirs(self.task["out"], exist_ok=True)
        if self.go_on():
            say(f"going on after epoch {self.epoch}")
        while not self.is_over:
            say(json.dumps(self.run_epoch()))
            self.keep()
        if self.best is not None:
            self.load(self.best)
        return {"validation": self.measure(self.rows["validation"]), "test": self.measure(self.rows["test"])}


def wilson(correct, count, z=1.959963984540054):
    """Wilson 1927, doi:10.1080/01621459.1927.10502953."""
    share, half = correct / count, z * math.sqrt(correct / count * (1 - correct / count) / count + z * z / (4 * count * count))
    middle, scale = share + z * z / (2 * count), 1 + z * z / count
    return [(middle - half) / scale, (middle + half) / scale]


# --- the libraries' part -------------------------------------------------------------------------------------------

def read_rows(task):
    """Each split as (text or picture, second text, label)."""
    import datasets
    source = task["dataset"]
    if os.path.isfile(source):
        kind = {"jsonl": "json", "tsv": "csv"}.get(source.rsplit(".", 1)[-1], source.rsplit(".", 1)[-1])
        loaded = datasets.load_dataset(kind, data_files={"train": source}, **({"sep": "\t"} if source.endswith(".tsv") else {}))
    else:
        loaded = datasets.load_dataset(source, task.get("config"), revision=task.get("dataset_revision"))
    names = {"train": task["train_split"], "validation": task["validation_split"], "test": task["test_split"]}
    rows = {}
    for split, name in names.items():
        if name not in loaded:
            continue
        table = loaded[name]
        kinds = table.features
        picture = task.get("image") or next((column for column, kind in kinds.items() if type(kind).__name__ == "Image"), None)
        words = task.get("text") or next((column for column in ("text", "sentence", "sentence1", "question", "premise", "content") if column in kinds), None)
        column = task.get("label") or next((column for column in ("label", "labels", "category", "intent", "class", "target", "score") if column in kinds), None)
        given = picture if task["task"] == "image-classification" else words
        if given is None or (column is None and task["task"] != "causal-lm"):
            sys.exit(f"the columns of {source} must be named; it has {', '.join(kinds)}")
        name_of = kinds[column].int2str if column and type(kinds[column]).__name__ == "ClassLabel" else (lambda value: value)
        rows[split] = [(row[given], row[task["pair"]] if task.get("pair") else None, name_of(row[column]) if column else None) for row in table]
    return rows


def load(task, rows, labels):
    """The model with its head, ready to learn, and what makes inputs of rows."""
    import transformers
    transformers.set_seed(task["seed"] & 0xFFFFFFFF)
    source = {"pretrained_model_name_or_path": task["model"], "revision": task.get("revision"), "trust_remote_code": False}
    kind = task["task"]
    if kind == "causal-lm":
        model = transformers.AutoModelForCausalLM.from_pretrained(**source)
    else:
        maker = transformers.AutoModelForImageClassification if kind == "image-classification" else transformers.AutoModelForSequenceClassification
        names = {} if task["regression"] else {"id2label": {i: str(name) for i, name in enumerate(labels)}, "label2id": {str(name): i for i, name in enumerate(labels)}}
        model = maker.from_pretrained(**source, num_labels=1 if task["regression"] else len(labels), ignore_mismatched_sizes=True, **names)
    heads = [name for name in ("classifier", "score", "pre_classifier") if hasattr(model, name)]
    if task["new_head"]:
        for name in heads:
            getattr(model, name).apply(model._init_weights)
    if task["method"] == "probe":
        if not heads:
            sys.exit("the model has no head to learn")
        for name, weight in model.named_parameters():
            weight.requires_grad_(name.split(".")[0] in heads)
    if task["method"] == "lora":
        from peft import LoraConfig, TaskType, get_peft_model
        lora = task["lora"]
        kinds = {"causal-lm": TaskType.CAUSAL_LM, "text-classification": TaskType.SEQ_CLS, "image-classification": None}
        targets = lora["targets"] or {"image-classification": ["query", "value"]}.get(kind)
        model = get_peft_model(model, LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules="all-linear" if targets == ["all-linear"] else targets, task_type=kinds[kind], modules_to_save=heads or None))
    model.to(train.DEVICE)
    numbers = {name: i for i, name in enumerate(labels)}
    number = (lambda row: float(row[2])) if task["regression"] else (lambda row: numbers[row[2]])
    if kind == "image-classification":
        processor = transformers.AutoImageProcessor.from_pretrained(**source)

        def collate(part):
            made = dict(processor([row[0].convert("RGB") for row in part], return_tensors="pt"))
            return {**made, "labels": torch.tensor([number(row) for row in part])}
    else:
        processor = transformers.AutoTokenizer.from_pretrained(**source)
        if processor.pad_token is None:
            processor.pad_token = processor.eos_token
            model.config.pad_token_id = processor.pad_token_id

        def collate(part):
            texts = [row[0] for row in part]
            made = processor(texts, [row[1] for row in part] if task.get("pair") else None, truncation=True, max_length=task.get("max_length") or 256, padding=True, return_tensors="pt")
            made["labels"] = made["input_ids"].masked_fill(made["attention_mask"] == 0, NO_LABEL) if kind == "causal-lm" else torch.tensor([number(row) for row in part])
            return dict(made)
    return model, processor, collate


def finish(task, model, processor, labels, tuning, scores):
    """Files that transformers or PEFT load, training.json and a card with lineage."""
    out, is_adapter = task["out"], task["method"] == "lora" and not task["merge"]
    if task["method"] == "lora" and task["merge"]:
        model = model.merge_and_unload()
    model.save_pretrained(out)
    processor.save_pretrained(out)
    if is_adapter and labels:
        write(os.path.join(out, "zoo.yaml"), "labels: " + json.dumps([str(name) for name in labels]) + "\n")
    write(os.path.join(out, "training.json"), json.dumps(record(task, tuning, scores), indent=1) + "\n")
    write(os.path.join(out, "README.md"), card(task, is_adapter, tuning, scores))
    os.remove(tuning.file)


def record(task, tuning, scores):
    return {"task": task, "rows": {name: len(tuning.rows[name]) for name in ("train", "validation", "test")}, "epochs_done": tuning.epoch, "best_epoch": tuning.best_epoch or None, "curve": tuning.curve, **scores}


def card(task, is_adapter, tuning, scores):
    test, quoted = scores["test"], json.dumps
    kind = {"causal-lm": "text-generation"}.get(task["task"], task["task"])
    text = f"---\nlibrary_name: {'peft' if is_adapter else 'transformers'}\npipeline_tag: {kind}\nbase_model: {quoted(task['base_name'])}\nbase_model_relation: {'adapter' if is_adapter else 'finetune'}\n"
    if not os.path.exists(task["dataset"]):
        text += f"datasets: [{quoted(task['dataset'])}]\n"
    if test.get("accuracy") is not None:
        data = quoted(task["dataset"])
        text += f"model-index:\n- name: {quoted(os.path.basename(os.path.abspath(task['out'])))}\n  results:\n  - task: {{type: {kind}}}\n    dataset: {{type: {data}, name: {data}, split: {'test' if tuning.rows['own_test'] else 'held-out'}}}\n"
        text += f"    metrics:\n    - {{type: accuracy, value: {test['accuracy']:.6f}}}\n"
    text += f"---\n# {task['base_name']}, fine-tuned\n\nMethod {task['method']}, on {task['dataset']}; {tuning.epoch} epochs. `training.json` has settings, revisions and the curve.\n\n| split | samples | loss | accuracy |\n| --- | --- | --- | --- |\n"
    for name in ("validation", "test"):
        score = scores[name]
        if score["n"]:
            text += f"| {name} | {score['n']} | {score['loss']:.4f} | {score['accuracy']:.4f} |\n" if "accuracy" in score else f"| {name} | {score['n']} | {score['loss']:.4f} | |\n"
    return text


def write(path, text):
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".part", path)


def read_task(path):
    with open(path, encoding="utf-8") as file:
        task = json.load(file)
    if task.get("contract") != CONTRACT:
        sys.exit(f"tune.py follows version {CONTRACT} of its task, not {task.get('contract')}")
    return task


def main():
    task = read_task(sys.argv[1])
    rows = split_rows(task, read_rows(task))
    labels = [] if task["regression"] or task["task"] == "causal-lm" else labels_of({name: rows[name] for name in ("train", "validation", "test")})
    model, processor, collate = load(task, rows, labels)
    tuning = Tuning(task, model, collate, rows)
    scores = tuning.run(lambda line: print(line, flush=True))
    finish(task, model, processor, labels, tuning, scores)


if __name__ == "__main__":
    main()
