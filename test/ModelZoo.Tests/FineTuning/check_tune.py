import json, os, shutil, types
import numpy as np
import torch
import train, tune


class Words(torch.nn.Module):
    """As small as a classifier with a dropout can be: what is tested is the loop around it."""
    def __init__(self, classes):
        super().__init__()
        self.table = torch.nn.Embedding(50, 8)
        self.drop = torch.nn.Dropout(0.2)
        self.classifier = torch.nn.Linear(8, classes)

    def forward(self, ids, mask):
        x = (self.table(ids) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return types.SimpleNamespace(logits=self.classifier(self.drop(x)))


class Next(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.out = torch.nn.Embedding(50, 8), torch.nn.Linear(8, 50)

    def forward(self, ids, mask):
        return types.SimpleNamespace(logits=self.out(self.table(ids)))


def task(**changes):
    settled = json.load(open("task.json"))
    return {**settled, **changes}


def collate_of(kind, labels):
    def collate(rows):
        ids = [[ord(c) % 50 for c in row[0]] for row in rows]
        longest = max(map(len, ids))
        padded = torch.tensor([i + [0] * (longest - len(i)) for i in ids])
        mask = torch.tensor([[1.0] * len(i) + [0.0] * (longest - len(i)) for i in ids])
        if kind == "causal-lm":
            given = padded.masked_fill(mask == 0, tune.NO_LABEL)
        else:
            given = torch.tensor([float(row[2]) if kind == "number" else labels.index(row[2]) for row in rows])
        return {"ids": padded, "mask": mask, "labels": given}
    return collate


def made(model, **changes):
    torch.manual_seed(1)
    order = task(**changes)
    rows = tune.split_rows(order, {"train": [(f"{'aaab' if i % 2 else 'zzzy'}{i}", None, "yes" if i % 2 else "no") for i in range(120)]})
    labels = tune.labels_of({name: rows[name] for name in ("train", "validation", "test")})
    assert labels == ["no", "yes"]
    return tune.Tuning(order, model(), collate_of(order["task"], labels), rows)


quiet = lambda line: None
held = tune.split_rows(task(), {"train": [(str(i), None, 0) for i in range(1000)]})
assert 60 < len(held["test"]) < 140 and 60 < len(held["validation"]) < 140 and sum(len(held[name]) for name in ("train", "validation", "test")) == 1000
twice = tune.split_rows(task(), {"train": [("same", None, 0)] * 20 + [("other", None, 1)] * 20, "test": [("same", None, 0)]})
assert all(row[0] != "same" for row in twice["train"] + twice["validation"])
assert tune.labels_of({"train": [(None, None, 10), (None, None, 9)]}) == [9, 10]
assert len(tune.split_rows(task(limit=5), {"train": [(str(i), None, 0) for i in range(100)]})["train"]) == 5

whole = made(lambda: Words(2), out="whole")
scores = whole.run(quiet)
assert whole.curve[-1]["train_loss"] < whole.curve[0]["train_loss"], whole.curve
assert scores["test"]["accuracy"] == 1.0 and scores["test"]["interval"][1] <= 1.0000001, scores
assert 1 <= whole.best_epoch <= whole.epoch == 6

# Interrupted after two epochs and begun again: the same bits.
first = made(lambda: Words(2), out="parted")
os.makedirs("parted")
for _ in range(2):
    first.run_epoch()
    first.keep()
said = []
again = made(lambda: Words(2), out="parted")
with torch.no_grad():
    for weight in again.moving.values():
        weight.zero_()
assert again.run(said.append) == scores and said[0] == "going on after epoch 2" and len(said) == 5
assert all(torch.equal(whole.moving[name], again.moving[name]) for name in whole.moving)
assert [{**line, "seconds": 0} for line in again.curve] == [{**line, "seconds": 0} for line in whole.curve]
other = made(lambda: Words(2), out="parted", lr=0.5)
assert not other.go_on()

early = made(lambda: Words(2), out="early", patience=1, epochs=50, optimizer="sgd", lr=0.0)
early.run(quiet)
assert early.epoch == 2
language = made(Next, out="language", task="causal-lm")
spoken = language.run(quiet)
assert "accuracy" not in spoken["test"] and language.curve[-1]["train_loss"] < language.curve[0]["train_loss"]
steps = [tune.rate_factor(task(), step, 100) for step in range(100)]
assert abs(steps[0] - 1 / 6) < 1e-12 and steps[6] == 1 and abs(steps[99] - 1 / 94) < 1e-12, steps

record, card = tune.record(whole.task, whole, scores), tune.card({**whole.task, "base_name": "me/odd: \"name\""}, True, whole, scores)
json.dumps(record)
assert 'base_model: "me/odd: \\"name\\""' in card and "base_model_relation: adapter" in card and "value: 1.000000" in card
print("ok")
