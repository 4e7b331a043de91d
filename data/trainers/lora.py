#!/usr/bin/env python3
"""Trains a member of a population (docs/trainers.md) as low-rank adapters (LoRA), with Hugging Face PEFT.

    python3 lora.py FOLDER [--wait-parent]

Its fine-tuning changes adapters and head only; each epoch is written merged, as any other member's, and as adapter/ in PEFT's files. tune.py
fine-tunes single models. Only peft_model() needs transformers and PEFT; the rest is torch and numpy.
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


def merged_state(state, scale):
    """Of the tensors of a model that PEFT wraps, those of a plain one: W + scale * B @ A in double precision, rounded once, and saved modules in place of the base's."""
    prefix, plain = "base_model.model.", {}
    for name, values in state.items():
        if "lora_" in name or ".original_module." in name:
            continue
        plain[name[len(prefix):].replace("base_layer.", "").replace("modules_to_save.default.", "")] = values.detach().cpu().double()
    for name in [n for n in state if n.endswith("lora_A.default.weight")]:
        change = state[name.replace("lora_A", "lora_B")].detach().cpu().double() @ state[name].detach().cpu().double()
        plain[name[len(prefix):].replace("lora_A.default.", "")] += change * scale
    return {name: values.float() for name, values in plain.items()}


def peft_model(order, start, lora):
    """The model wrapped by PEFT, with a forward that takes images and gives logits."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import ViTConfig, ViTForImageClassification

    a = order["architecture"]
    config = ViTConfig(hidden_size=a["dim"], num_hidden_layers=a["depth"], num_attention_heads=a["heads"], intermediate_size=a["mlp"], hidden_act=a["activation"], image_size=a["image"], patch_size=a["patch"],
                       num_channels=a["channels"], layer_norm_eps=1e-6, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=order["head"]["out"])
    model = ViTForImageClassification(config)
    model.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in to_theirs(start).items()})
    torch.manual_seed(order["head_seed"] & 0x7FFFFFFFFFFFFFFF)
    model = get_peft_model(model, LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules=lora["targets"] or ["query", "value"], modules_to_save=["classifier"]))
    return model, lambda images: model(pixel_values=images).logits


def settings_of_adapters():
    given = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lora.json")
    if not os.path.exists(given):
        return LORA
    with open(given) as file:
        return {**LORA, **json.load(file)}


def train_member(folder, make=peft_model):
    """make(order, start, lora) gives the model, whose tensors have PEFT's names, and its forward."""
    import torch
    import torch.nn.functional as F

    with open(os.path.join(folder, "member.json")) as file:
        order = json.load(file)
    settings = order["settings"]["train"]
    if order["contract"] != 1:
        sys.exit(f"lora.py follows version 1 of the contract, not {order['contract']}")
    if order["parent"] is None:
        # What starts from nothing has nothing to adapt.
        return train.main()
    if order["architecture"]["family"] != "vit" or order["head"]["kind"] != "linear" or order["settings"]["objective"]["kind"] != "supervised":
        sys.exit("lora.py adapts vision transformers with linear heads that learn from labels; train.py trains the others")
    if "--wait-parent" in sys.argv:
        train.wait_for_parent(folder, order)
    lora = settings_of_adapters()
    start = train.starting_point(folder, order)
    model, forward = make(order, start, lora)
    model.to(train.DEVICE)
    moving = [w for w in model.parameters() if w.requires_grad]
    data = train.open_split(folder, order, "train")
    splits = [(name, train.open_split(folder, order, name)) for name in order["evaluate"]["on"] if name in order["dataset"]["splits"]]
    if settings.get("dropout", 0) > 0:
        sys.exit("lora.py drops nothing but inputs of adapters (dropout in lora.json); train.py drops what train.dropout says")
    make_optimizer = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}.get(settings["optimizer"]) or (lambda w, **options: torch.optim.SGD(w, momentum=settings["momentum"], **options))
    optimizer = make_optimizer(moving, lr=settings["lr"], weight_decay=settings["weight_decay"])
    batches = train.Trainer(order, data, start)
    metrics = os.path.join(folder, "metrics.jsonl")
    if os.path.exists(metrics):
        os.remove(metrics)

    @torch.no_grad()
    def evaluate():
        model.eval()
        results = []
        for name, split in splits:
            loss, correct = 0.0, 0
            for first in range(0, len(split), 256):
                indices = np.arange(first, min(first + 256, len(split)))
                logits = forward(torch.from_numpy(split.batch(indices, train=False)).to(train.DEVICE)).double()
                labels = torch.from_numpy(split.labels[indices]).to(train.DEVICE)
                loss, correct = loss + float(F.cross_entropy(logits, labels, reduction="sum")), correct + int((logits.argmax(1) == labels).sum())
            results.append({"split": name, "n": len(split), "correct": correct, "loss": loss / len(split)})
        return results

    def write(line):
        merged = merged_state(model.state_dict(), lora["alpha"] / lora["r"])
        train.write_tensors(os.path.join(folder, f"epoch-{line['epoch']:06d}.safetensors"), to_ours({name: values.numpy() for name, values in merged.items()}, order["tensors"]))
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
            logits = forward(torch.from_numpy(np.ascontiguousarray(images)).to(train.DEVICE))
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
        if hasattr(model, "save_pretrained"):
            model.save_pretrained(os.path.join(folder, "adapter"))
        write({"epoch": epoch, "train_loss": total / steps, "train_accuracy": correct / (steps * settings["batch"]), "splits": evaluate(), "seconds": round(time.monotonic() - clock, 3)})


if __name__ == "__main__":
    train_member(os.path.abspath(sys.argv[1]))
