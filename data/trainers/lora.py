#!/usr/bin/env python3
"""Trains low-rank adapters (LoRA) with Hugging Face PEFT.

    python3 lora.py FOLDER [--wait-parent]   a member of a population (docs/trainers.md): its fine-tuning changes adapters and head only;
                                             each epoch is written merged, as any other member's, and as adapter/ in PEFT's files
    python3 lora.py task.json                one model: BERT-class (text-classification), ViT (image-classification), causal-lm

task.json: {"task", "model", "revision", "dataset", "dataset_revision", "text", "label", "out", "epochs", "batch", "lr", "seed",
"max_length", "lora": {"r", "alpha", "dropout", "targets"}}. Nothing of a name in it is run: remote code stays off.
"""
import json
import math
import os
import sys
import time

import numpy as np

import train

LORA = {"r": 8, "alpha": 16, "dropout": 0.0, "targets": None}
NAMES = [("norm1", "layernorm_before"), ("attn.proj", "attention.output.dense"), ("norm2", "layernorm_after"), ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense")]
PARTS = ("query", "key", "value")


def their_name(ours):
    """timm's names to those of transformers' ViT."""
    fixed = {"cls_token": "vit.embeddings.cls_token", "pos_embed": "vit.embeddings.position_embeddings", "norm.weight": "vit.layernorm.weight", "norm.bias": "vit.layernorm.bias", "head.weight": "classifier.weight", "head.bias": "classifier.bias"}
    if ours in fixed:
        return fixed[ours]
    if ours.startswith("patch_embed.proj."):
        return ours.replace("patch_embed.proj", "vit.embeddings.patch_embeddings.projection")
    name = ours.replace("blocks.", "vit.encoder.layer.")
    for mine, theirs in NAMES:
        name = name.replace(f".{mine}.", f".{theirs}.")
    return name


def to_theirs(state):
    """The joined query, key and value are taken apart, all else is renamed."""
    result = {}
    for name, values in state.items():
        if ".attn.qkv." in name:
            for part, rows in zip(PARTS, np.split(values, 3)):
                result[their_name(name).replace("attn.qkv", f"attention.attention.{part}")] = rows
        else:
            result[their_name(name)] = values
    return result


def to_ours(theirs, tensors):
    result = {}
    for tensor in tensors:
        name = tensor["name"]
        if ".attn.qkv." in name:
            result[name] = np.concatenate([theirs[their_name(name).replace("attn.qkv", f"attention.attention.{part}")] for part in PARTS])
        else:
            result[name] = theirs[their_name(name)]
        result[name] = result[name].reshape(tensor["shape"])
    return result


def train_member(folder):
    import torch
    import torch.nn.functional as F
    from peft import LoraConfig, get_peft_model
    from transformers import ViTConfig, ViTForImageClassification

    with open(os.path.join(folder, "member.json")) as file:
        order = json.load(file)
    a, settings = order["architecture"], order["settings"]["train"]
    if order["contract"] != 1:
        sys.exit(f"lora.py follows version 1 of the contract, not {order['contract']}")
    if order["parent"] is None:
        # What starts from nothing has nothing to adapt.
        return train.main()
    if a["family"] != "vit" or order["head"]["kind"] != "linear" or order["settings"]["objective"]["kind"] != "supervised":
        sys.exit("lora.py adapts vision transformers with linear heads that learn from labels; train.py trains the others")
    if "--wait-parent" in sys.argv:
        train.wait_for_parent(folder, order)
    given = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lora.json")
    lora = {**LORA, **(json.load(open(given)) if os.path.exists(given) else {})}
    config = ViTConfig(hidden_size=a["dim"], num_hidden_layers=a["depth"], num_attention_heads=a["heads"], intermediate_size=a["mlp"], hidden_act=a["activation"], image_size=a["image"], patch_size=a["patch"],
                       num_channels=a["channels"], layer_norm_eps=1e-6, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=order["head"]["out"])
    model = ViTForImageClassification(config)
    start = train.starting_point(folder, order)
    model.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in to_theirs(start).items()})
    torch.manual_seed(order["head_seed"] & 0x7FFFFFFFFFFFFFFF)
    model = get_peft_model(model, LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules=lora["targets"] or ["query", "value"], modules_to_save=["classifier"])).to(train.DEVICE)
    moving = [w for w in model.parameters() if w.requires_grad]
    data = train.open_split(folder, order, "train")
    splits = [(name, train.open_split(folder, order, name)) for name in order["evaluate"]["on"] if name in order["dataset"]["splits"]]
    if settings.get("dropout", 0) > 0:
        sys.exit("lora.py drops nothing but inputs of adapters (dropout in lora.json); train.py drops what train.dropout says")
    make = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}.get(settings["optimizer"]) or (lambda w, **options: torch.optim.SGD(w, momentum=settings["momentum"], **options))
    optimizer = make(moving, lr=settings["lr"], weight_decay=settings["weight_decay"])
    batches = train.Trainer(order, data, start)
    metrics = os.path.join(folder, "metrics.jsonl")
    if os.path.exists(metrics):
        os.remove(metrics)

    def merged():
        copy = ViTForImageClassification(config)
        state = model.state_dict()
        prefix, plain = "base_model.model.", {}
        for name, values in state.items():
            short = name[len(prefix):].replace("base_layer.", "")
            if "lora_" in name or ".original_module." in name:
                continue
            plain[short.replace("modules_to_save.default.", "")] = values.detach().cpu().double()
        for name in [n for n in state if n.endswith("lora_A.default.weight")]:
            change = state[name.replace("lora_A", "lora_B")].cpu().double() @ state[name].cpu().double()
            plain[name[len(prefix):].replace("lora_A.default.", "")] += change * lora["alpha"] / lora["r"]
        copy.load_state_dict({name: values.float() for name, values in plain.items()})
        return to_ours({name: values.numpy() for name, values in copy.state_dict().items()}, order["tensors"])

    @torch.no_grad()
    def evaluate():
        model.eval()
        results = []
        for name, split in splits:
            loss, correct = 0.0, 0
            for first in range(0, len(split), 256):
                indices = np.arange(first, min(first + 256, len(split)))
                logits = model(pixel_values=torch.from_numpy(split.batch(indices, train=False)).to(train.DEVICE)).logits.double()
                labels = torch.from_numpy(split.labels[indices]).to(train.DEVICE)
                loss, correct = loss + float(F.cross_entropy(logits, labels, reduction="sum")), correct + int((logits.argmax(1) == labels).sum())
            results.append({"split": name, "n": len(split), "correct": correct, "loss": loss / len(split)})
        return results

    def write(line):
        train.write_tensors(os.path.join(folder, f"epoch-{line['epoch']:06d}.safetensors"), merged())
        with open(metrics, "a") as file:
            file.write(json.dumps(line) + "\n")

    write({"epoch": 0, "splits": evaluate()})
    steps = len(data) // settings["batch"]
    for epoch in range(1, order["epochs"] + 1):
        model.train()
        clock, total, correct = time.monotonic(), 0.0, 0
        indices, stream = train.Stream(order["seed"], f"shuffle/{epoch}").permutation(len(data)), train.Stream(order["seed"], f"augment/{epoch}")
        for step in range(steps):
            images, targets, labels = batches.batch_of(indices[step * settings["batch"]:(step + 1) * settings["batch"]], epoch, step, stream)
            logits = model(pixel_values=torch.from_numpy(np.ascontiguousarray(images)).to(train.DEVICE)).logits
            loss = train.soft_cross_entropy(logits, torch.from_numpy(targets).to(train.DEVICE))
            if not math.isfinite(float(loss)):
                with open(metrics, "a") as file:
                    file.write(json.dumps({"epoch": epoch, "train_loss": math.nan}) + "\n")
                return
            for group in optimizer.param_groups:
                group["lr"] = settings["lr"] * train.rate_factor(settings["schedule"], settings["warmup_steps"], (epoch - 1) * steps + step, order["epochs"] * steps)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, correct = total + float(loss), correct + int((logits.argmax(1).cpu().numpy() == labels).sum())
        model.save_pretrained(os.path.join(folder, "adapter"))
        write({"epoch": epoch, "train_loss": total / steps, "train_accuracy": correct / (steps * settings["batch"]), "splits": evaluate(), "seconds": round(time.monotonic() - clock, 3)})


def train_model(path):
    import torch
    import datasets
    import transformers
    from peft import LoraConfig, TaskType, get_peft_model

    with open(path) as file:
        task = json.load(file)
    kind, seed, batch = task["task"], int(task.get("seed", 0)), int(task.get("batch", 16))
    lora = {**LORA, **task.get("lora", {})}
    transformers.set_seed(seed)
    source = {"pretrained_model_name_or_path": task["model"], "revision": task.get("revision"), "trust_remote_code": False}
    rows = datasets.load_dataset(task["dataset"], revision=task.get("dataset_revision"))
    text, label = task.get("text", "text"), task.get("label", "label")
    if kind == "causal-lm":
        model = transformers.AutoModelForCausalLM.from_pretrained(**source)
    else:
        count = rows["train"].features[label].num_classes
        maker = transformers.AutoModelForImageClassification if kind == "image-classification" else transformers.AutoModelForSequenceClassification
        model = maker.from_pretrained(**source, num_labels=count, ignore_mismatched_sizes=True)
    kinds = {"causal-lm": TaskType.CAUSAL_LM, "text-classification": TaskType.SEQ_CLS, "image-classification": None}
    config = LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules=lora["targets"] or (["query", "value"] if kind != "causal-lm" else None), task_type=kinds[kind],
                        modules_to_save=["classifier"] if kind == "image-classification" else None)
    model = get_peft_model(model, config).to(train.DEVICE)
    if kind == "image-classification":
        processor = transformers.AutoImageProcessor.from_pretrained(**source)
        column = next(name for name, feature in rows["train"].features.items() if type(feature).__name__ == "Image")
        def collate(part):
            made = dict(processor([row[column].convert("RGB") for row in part], return_tensors="pt"))
            return {**made, "labels": torch.tensor([row[label] for row in part])}
    else:
        processor = transformers.AutoTokenizer.from_pretrained(**source)
        if processor.pad_token is None:
            processor.pad_token = processor.eos_token
        def collate(part):
            made = processor([row[text] for row in part], truncation=True, max_length=int(task.get("max_length", 256)), padding=True, return_tensors="pt")
            made["labels"] = made["input_ids"].masked_fill(made["attention_mask"] == 0, -100) if kind == "causal-lm" else torch.tensor([row[label] for row in part])
            return dict(made)
    optimizer = torch.optim.AdamW([w for w in model.parameters() if w.requires_grad], lr=float(task.get("lr", 1e-4)))
    out, count = task["out"], len(rows["train"])
    os.makedirs(out, exist_ok=True)
    for epoch in range(1, int(task.get("epochs", 3)) + 1):
        model.train()
        order, total, steps = train.Stream(seed, f"shuffle/{epoch}").permutation(count), 0.0, max(1, count // batch)
        for step in range(steps):
            loss = model(**{name: values.to(train.DEVICE) for name, values in collate([rows["train"][int(i)] for i in order[step * batch:(step + 1) * batch]]).items()}).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss)
        line = {"epoch": epoch, "train_loss": total / steps}
        held = next((rows[name] for name in ("validation", "test") if name in rows), None)
        if held is not None:
            model.eval()
            with torch.no_grad():
                losses, correct, seen = [], 0, 0
                for first in range(0, len(held), batch):
                    made = {name: values.to(train.DEVICE) for name, values in collate([held[i] for i in range(first, min(first + batch, len(held)))]).items()}
                    result = model(**made)
                    losses.append(float(result.loss))
                    if kind != "causal-lm":
                        correct, seen = correct + int((result.logits.argmax(-1) == made["labels"]).sum()), seen + len(made["labels"])
            line.update(held_loss=sum(losses) / len(losses), **({"held_n": seen, "held_correct": correct} if seen else {}))
        model.save_pretrained(os.path.join(out, f"epoch-{epoch:06d}"))
        with open(os.path.join(out, "metrics.jsonl"), "a") as file:
            file.write(json.dumps(line) + "\n")
    model.save_pretrained(out)
    processor.save_pretrained(out)


if __name__ == "__main__":
    if sys.argv[1].endswith(".json"):
        train_model(sys.argv[1])
    else:
        train_member(os.path.abspath(sys.argv[1]))
