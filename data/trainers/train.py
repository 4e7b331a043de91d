#!/usr/bin/env python3
"""Trains one member of a population in PyTorch, in the folder it is given (docs/trainers.md).

    python3 train.py FOLDER [--wait-parent]

It follows the built-in trainer: same first values, same order of samples, same augmentations, same dropout, same optimisers, so twenty steps
differ by rounding alone. Needs torch and numpy; data sets of a hub also need datasets, pillow and, for their augmentations,
torchvision. ZOO_DTYPE=float64 computes in double precision. A member goes on where it was left.
"""
import json
import math
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1
DTYPE = getattr(torch, os.environ.get("ZOO_DTYPE", "float32"))
DEVICE = torch.device(os.environ.get("ZOO_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu"))
BUILTIN = {"shift", "flip", "noise", "erase", "mixup", "cutmix"}
PROBE_EPOCHS, PROBE_RATE = 10, 3e-3


# --- files ---------------------------------------------------------------------------------------------------------

NUMPY = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "U8": np.uint8, "I64": np.int64, "I32": np.int32}


def read_tensors(path):
    """A safetensors file as numpy arrays."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(data[first:last], np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(data[first:last], NUMPY[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def write_tensors(path, tensors):
    """Whole or not at all: written beside, flushed, moved into place."""
    kinds = {np.dtype(np.float64): "F64", np.dtype(np.float32): "F32"}
    header, parts, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values).tobytes()
        header[name] = {"dtype": kinds[values.dtype], "shape": list(values.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for raw in parts:
            file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".part", path)


# --- random streams ------------------------------------------------------------------------------------------------

def fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


class Stream:
    """SplitMix64 of a seed and a name: output k is a function of k alone."""

    def __init__(self, seed, name):
        self.seed, self.position = (seed & MASK) ^ fnv1a64(name), 0

    def take(self, count):
        self.position += count
        return self.at(np.arange(self.position - count + 1, self.position + 1, dtype=np.uint64))

    def at(self, k):
        """Outputs of any numbers, counted from 1."""
        with np.errstate(over="ignore"):
            z = np.uint64(self.seed) + k * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))

    def units(self, count):
        return (self.take(count) >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))

    def unit(self):
        return float(self.units(1)[0])

    def between(self, low, high, count=None):
        drawn = low + (((self.take(count or 1) >> np.uint64(32)) * np.uint64(high - low + 1)) >> np.uint64(32)).astype(np.int64)
        return drawn if count else int(drawn[0])

    def normals(self, count):
        u = self.units(2 * count)
        return np.sqrt(-2 * np.log(1 - u[0::2])) * np.cos(2 * math.pi * u[1::2])

    def permutation(self, count):
        high = (self.take(max(count - 1, 0)) >> np.uint64(32)).tolist()
        order = list(range(count))
        for drawn, i in zip(high, range(count - 1, 0, -1)):
            j = (drawn * (i + 1)) >> 32
            order[i], order[j] = order[j], order[i]
        return np.array(order)

    def gamma(self, shape):
        """Marsaglia and Tsang 2000, doi:10.1145/358407.358414."""
        if shape < 1:
            return self.gamma(shape + 1) * (1 - self.unit()) ** (1 / shape)
        d = shape - 1 / 3.0
        c = 1 / math.sqrt(9 * d)
        while True:
            x = float(self.normals(1)[0])
            v = (1 + c * x) ** 3
            if v > 0 and math.log(1 - self.unit()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v

    def beta(self, shape):
        x, y = self.gamma(shape), self.gamma(shape)
        return x / (x + y) if x + y > 0 else 0.5


# --- first values --------------------------------------------------------------------------------------------------

def first_values(order):
    """Each tensor from its own stream, in double precision, rounded once."""
    kind = order["settings"]["train"].get("init", "xavier_uniform")
    return {t["name"]: fill(t["name"], t["shape"], kind, order["head_seed"] if t["name"].startswith("head.") else order["seed"]) for t in order["tensors"]}


def fill(name, shape, kind, seed):
    count = int(np.prod(shape))
    if name.endswith(".weight") and (name.startswith("norm.") or ".norm1." in name or ".norm2." in name):
        return np.ones(shape, np.float32)
    if name.endswith(".bias"):
        return np.zeros(shape, np.float32)
    stream = Stream(seed, name)
    fan_in, fan_out = count // shape[0], shape[0] * int(np.prod(shape[2:], dtype=np.int64))
    if name in ("cls_token", "pos_embed"):
        values = (2 * stream.units(count) - 1) * (0.5 * math.sqrt(3))
    elif kind == "xavier_uniform":
        values = (2 * stream.units(count) - 1) * math.sqrt(6.0 / (fan_in + fan_out))
    elif kind == "kaiming_uniform":
        values = (2 * stream.units(count) - 1) * math.sqrt(6.0 / fan_in)
    elif kind == "kaiming_normal":
        values = stream.normals(count) * math.sqrt(2.0 / fan_in)
    elif kind == "uniform":
        values = stream.units(count)
    elif kind == "normal":
        values = stream.normals(count)
    else:
        sys.exit(f"train.py does not know the initialisation {kind!r}")
    return values.reshape(shape).astype(np.float32)


# --- networks ------------------------------------------------------------------------------------------------------

ACTIVATIONS = {"gelu": F.gelu, "relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def sites(order):
    """How many numbers of a sample can be dropped at each place: the head's first, then those of the backbone from its input on."""
    a, head = order["architecture"], order["head"]
    made = [head["hidden"]] if head["kind"] == "mlp" else []
    if a["family"] == "mlp":
        made += a["hidden"]
    elif a["family"] == "cnn":
        side = a["image"]
        for channels in a["hidden"][:-1]:
            side = side // 2 if side % 2 == 0 else side
            made.append(side * side * channels)
    else:
        stream = ((a["image"] // a["patch"]) ** 2 + 1) * a["dim"]
        made += [stream] + [stream, stream // a["dim"] * a["mlp"], stream] * a["depth"]
    return made


class Drops:
    """Inverted dropout of one step. Every number of every sample of an epoch has its own position in the stream: sample * numbers of a sample + place."""

    def __init__(self, order, stream, first):
        """first: which sample of the epoch the step begins with."""
        self.rate, self.stream, self.first, self.units = order["settings"]["train"].get("dropout", 0.0), stream, first, sites(order)
        self.next = 1 if order["head"]["kind"] == "mlp" else 0

    def __call__(self, x, site=None):
        """Drops at the next place of the backbone, or at the one given. Samples come first in x; of a picture channels come second, in the stream last."""
        if self.rate == 0:
            return x
        if site is None:
            site, self.next = self.next, self.next + 1
        offset, units, each = sum(self.units[:site]), self.units[site], sum(self.units)
        k = (self.first + np.arange(len(x), dtype=np.uint64)[:, None]) * np.uint64(each) + np.uint64(offset + 1) + np.arange(units, dtype=np.uint64)
        drawn = (self.stream.at(k) >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))
        mask = torch.from_numpy(np.where(drawn < self.rate, 0.0, 1 / (1 - self.rate))).to(x.device, x.dtype)
        if x.dim() == 4:
            return x * mask.reshape(len(x), x.shape[2], x.shape[3], x.shape[1]).permute(0, 3, 1, 2)
        return x * mask.reshape(x.shape)


def keep(x, site=None):
    """In place of Drops where nothing is dropped."""
    return x


def features(a, w, x, drop=keep):
    act = ACTIVATIONS[a["activation"]]
    if a["family"] == "mlp":
        x = x.flatten(1)
        for i in range(len(a["hidden"])):
            x = drop(act(F.linear(x, w[f"layers.{i}.weight"], w[f"layers.{i}.bias"])))
        return x
    if a["family"] == "cnn":
        side, half = a["image"], a["kernel"] // 2
        for i in range(len(a["hidden"])):
            after = a["kernel"] - 1 - half
            x = act(F.conv2d(F.pad(x, (half, after, half, after)), w[f"convs.{i}.weight"], w[f"convs.{i}.bias"]))
            if side % 2 == 0:
                x, side = F.avg_pool2d(x, 2), side // 2
            if i + 1 < len(a["hidden"]):
                x = drop(x)
        return x.mean((2, 3))
    dim, heads = a["dim"], a["heads"]
    x = F.conv2d(x, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=a["patch"]).flatten(2).transpose(1, 2)
    x = drop(torch.cat([w["cls_token"].expand(len(x), -1, -1), x], 1) + w["pos_embed"])
    for i in range(a["depth"]):
        b = f"blocks.{i}."
        h = F.layer_norm(x, (dim,), w[b + "norm1.weight"], w[b + "norm1.bias"], 1e-6)
        q, k, v = F.linear(h, w[b + "attn.qkv.weight"], w[b + "attn.qkv.bias"]).reshape(len(x), -1, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            h = F.scaled_dot_product_attention(q, k, v)
        else:
            h = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(dim // heads), -1) @ v
        x = x + drop(F.linear(h.transpose(1, 2).reshape(len(x), -1, dim), w[b + "attn.proj.weight"], w[b + "attn.proj.bias"]))
        h = F.layer_norm(x, (dim,), w[b + "norm2.weight"], w[b + "norm2.bias"], 1e-6)
        h = drop(act(F.linear(h, w[b + "mlp.fc1.weight"], w[b + "mlp.fc1.bias"])))
        x = x + drop(F.linear(h, w[b + "mlp.fc2.weight"], w[b + "mlp.fc2.bias"]))
    return F.layer_norm(x[:, 0], (dim,), w["norm.weight"], w["norm.bias"], 1e-6)


def forward(order, w, x, drop=keep):
    x = features(order["architecture"], w, x, drop)
    if "head.weight" in w:
        return F.linear(x, w["head.weight"], w["head.bias"])
    return F.linear(drop(F.relu(F.linear(x, w["head.0.weight"], w["head.0.bias"])), 0), w["head.2.weight"], w["head.2.bias"])


# --- data ----------------------------------------------------------------------------------------------------------

class InkImages:
    """Small grey images with ink from 0 to 16, all in memory."""

    def __init__(self, path, classes):
        tensors = read_tensors(path)
        self.images, self.labels, self.classes = tensors["images"], tensors["labels"].astype(np.int64), classes
        self.augments = BUILTIN

    def __len__(self):
        return len(self.labels)

    def batch(self, indices, train):
        return (self.images[indices].astype(np.float32) / 8 - 1)[:, None]


class HubImages:
    """A data set of a hub, by the library datasets: a column of images and one of labels."""

    def __init__(self, name, split, order):
        import datasets
        repository, _, revision = name.partition("@")
        wanted = {"val": "validation"}.get(split, split)
        self.rows = datasets.load_dataset(repository, revision=revision or None, split=wanted)
        kinds = self.rows.features
        self.image = next(column for column, kind in kinds.items() if type(kind).__name__ == "Image")
        label = next(column for column, kind in kinds.items() if type(kind).__name__ == "ClassLabel")
        self.labels, self.classes = np.array(self.rows[label]), kinds[label].num_classes
        self.side, self.mode = order["architecture"]["image"], "L" if order["architecture"]["channels"] == 1 else "RGB"
        self.augments = BUILTIN | {"crop", "resized-crop", "rotate", "jitter", "grey", "blur"}
        self.changes = self.transforms(order["settings"]["train"]["augment"]) if split == "train" else None

    def __len__(self):
        return len(self.labels)

    def transforms(self, names):
        """What torchvision does on pictures; drawn from torch's generator, seeded for each epoch."""
        from torchvision import transforms as t
        made = []
        for name, amount in map(parse_augment, names):
            if name == "crop":
                made += [t.Resize(round(self.side * 256 / 224)), t.RandomCrop(self.side)]
            elif name == "resized-crop":
                made.append(t.RandomResizedCrop(self.side))
            elif name == "rotate":
                made.append(t.RandomRotation(amount if amount is not None else 10))
            elif name == "jitter":
                made.append(t.RandomApply([t.ColorJitter(0.5, 0.5, 0.5, 0.1)], p=0.8))
            elif name == "grey":
                made.append(t.RandomGrayscale(p=0.2))
            elif name == "blur":
                made.append(t.GaussianBlur(9))
        return t.Compose(made) if made else None

    def batch(self, indices, train):
        pictures = []
        for row in self.rows.select([int(i) for i in indices]):
            picture = row[self.image].convert(self.mode)
            if train and self.changes is not None:
                picture = self.changes(picture)
            if picture.size != (self.side, self.side):
                edge = min(picture.size)
                left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
                picture = picture.crop((left, top, left + edge, top + edge)).resize((self.side, self.side), 2)
            pixels = np.asarray(picture, np.float32) / 127.5 - 1
            pictures.append(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
        return np.stack(pictures)


def open_split(folder, order, name):
    split, dataset = order["dataset"]["splits"].get(name), order["dataset"]["id"]
    if split and split["path"]:
        return InkImages(os.path.join(folder, split["path"]), split["classes"])
    if dataset.startswith("hub:"):
        return HubImages(dataset[4:], name, order)
    sys.exit(f"train.py does not know where the data set {dataset} lies; write its loader in open_split")


def parse_augment(text):
    name, _, amount = text.partition("(")
    return name, float(amount.rstrip(")")) if amount else None


# --- changes of samples --------------------------------------------------------------------------------------------

def augment(images, targets, names, stream):
    for name, amount in map(parse_augment, names):
        if name in ("mixup", "cutmix") and amount > 0:
            images, targets = mix(images, targets, amount, name == "mixup", stream)
        elif name in ("shift", "flip", "noise", "erase"):
            for image in images:
                change(image, name, amount, stream)
    return images, targets


def change(image, name, amount, stream):
    side = image.shape[-1]
    if name == "shift":
        reach = int(amount)
        dx, dy = stream.between(-reach, reach), stream.between(-reach, reach)
        old = image.copy()
        image[:] = -1
        image[:, max(dy, 0):side + min(dy, 0), max(dx, 0):side + min(dx, 0)] = old[:, max(-dy, 0):side + min(-dy, 0), max(-dx, 0):side + min(-dx, 0)]
    elif name == "flip":
        if stream.unit() < 0.5:
            image[:] = image[:, :, ::-1].copy()
    elif name == "noise":
        image[:] = np.clip(image + stream.between(-int(amount), int(amount), image.size).reshape(image.shape) / np.float32(8), -1, 1)
    elif name == "erase":
        hit, edge = stream.unit() < amount, max(1, side // 4)
        ex, ey = stream.between(0, side - edge), stream.between(0, side - edge)
        if hit:
            image[:, ey:ey + edge, ex:ex + edge] = -1


def mix(images, targets, amount, whole, stream):
    """Zhang et al. 2018, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899: with the batch in reverse, one share for all."""
    share, side = stream.beta(amount), images.shape[-1]
    edge = side if whole else round(side * math.sqrt(1 - share))
    left, top = stream.between(0, side - (0 if whole else edge)), stream.between(0, side - (0 if whole else edge))
    other = images[::-1]
    if whole:
        mixed = (share * images + (1 - share) * other).astype(np.float32)
    else:
        share, mixed = 1 - edge * edge / (side * side), images.copy()
        mixed[:, :, top:top + edge, left:left + edge] = other[:, :, top:top + edge, left:left + edge]
    return mixed, (share * targets + (1 - share) * targets[::-1]).astype(np.float32)


def glyph_view(image, stream):
    side = image.shape[-1]
    dx, dy = stream.between(-1, 1), stream.between(-1, 1)
    contrast = 0.6 + 0.8 * stream.unit()
    moved = np.full_like(image, -1)
    moved[:, max(dy, 0):side + min(dy, 0), max(dx, 0):side + min(dx, 0)] = image[:, max(-dy, 0):side + min(-dy, 0), max(-dx, 0):side + min(-dx, 0)]
    view = (np.clip(contrast * (moved.astype(np.float64) + 1), 0, 2) - 1).astype(np.float32)
    ex, ey = stream.between(0, side - 2), stream.between(0, side - 2)
    view[:, ey:ey + 2, ex:ex + 2] = -1
    return np.clip(view + stream.between(-2, 2, side * side).reshape(1, side, side) / np.float32(8), -1, 1)


# --- training ------------------------------------------------------------------------------------------------------

def rate_factor(kind, warmup, step, steps):
    if kind == "one-cycle":
        peak = max(1, 0.3 * steps - 1)
        between = lambda first, last, part: last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1, part)))
        return between(1 / 25, 1, step / peak) if step <= peak else between(1, 1 / 25e4, (step - peak) / max(1, steps - 1 - peak))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * step / steps)) if kind == "cosine" else 1.0


def soft_cross_entropy(logits, targets):
    return -(targets * F.log_softmax(logits, 1)).sum(1).mean()


def info_nce(z, temperature):
    z = F.normalize(z, dim=1, eps=1e-12)
    s = z @ z.T / temperature
    s = s.masked_fill(torch.eye(len(s), dtype=torch.bool, device=s.device), -math.inf)
    half = len(s) // 2
    return F.cross_entropy(s, torch.cat([torch.arange(half, 2 * half), torch.arange(half)]).to(s.device))


class Trainer:
    def __init__(self, order, data, start):
        self.order, self.data = order, data
        self.train, self.objective = order["settings"]["train"], order["settings"]["objective"]
        for name, _ in map(parse_augment, self.train["augment"]):
            if name not in data.augments:
                sys.exit(f"train.py cannot do the augmentation {name!r} on these samples")
        self.weights = {name: torch.from_numpy(np.array(values)).to(DEVICE, DTYPE) for name, values in start.items()}
        frozen = self.train["freeze"] == "backbone"
        moving = [w.requires_grad_() for name, w in self.weights.items() if not frozen or name.startswith("head.")]
        if self.train["optimizer"] in ("adamw", "adam"):
            make = torch.optim.AdamW if self.train["optimizer"] == "adamw" else torch.optim.Adam
            self.optimizer = make(moving, lr=self.train["lr"], betas=(0.9, 0.999), eps=1e-8, weight_decay=self.train["weight_decay"])
        else:
            self.optimizer = torch.optim.SGD(moving, lr=self.train["lr"], momentum=self.train["momentum"], weight_decay=self.train["weight_decay"])
        self.average = {name: w.detach().clone() for name, w in self.weights.items()} if self.train["ema"] > 0 else None
        self.epoch = 0

    def state(self):
        return {name: w.detach().cpu().numpy() for name, w in self.weights.items()}

    def batch_of(self, indices, epoch, step, stream):
        images, labels = self.data.batch(indices, train=True), self.data.labels[indices]
        if self.objective["kind"] == "contrastive":
            stream.position = 2 * step * len(indices) * (5 + images.shape[-1] ** 2)
            views = [glyph_view(image, stream) for image in images] + [glyph_view(image, stream) for image in images]
            return np.stack(views), None, labels
        smooth, classes = self.train["label_smoothing"], self.data.classes
        targets = np.full((len(labels), classes), smooth / classes, np.float32)
        targets[np.arange(len(labels)), labels] = np.float32(1 - smooth + smooth / classes)
        images, targets = augment(np.array(images), targets, self.train["augment"], stream)
        return images, targets, labels

    def run_epoch(self, epochs):
        self.epoch += 1
        seed, batch = self.order["seed"], self.train["batch"]
        order, stream = Stream(seed, f"shuffle/{self.epoch}").permutation(len(self.data)), Stream(seed, f"augment/{self.epoch}")
        torch.manual_seed(Stream(seed, f"augment/{self.epoch}").seed & 0x7FFFFFFFFFFFFFFF)
        dropout = Stream(seed, f"dropout/{self.epoch}")
        steps, total, correct = len(self.data) // batch, 0.0, 0
        for step in range(steps):
            images, targets, labels = self.batch_of(order[step * batch:(step + 1) * batch], self.epoch, step, stream)
            drop = Drops(self.order, dropout, step * len(images))
            outputs = forward(self.order, self.weights, torch.from_numpy(np.ascontiguousarray(images)).to(DEVICE, DTYPE), drop)
            if targets is None:
                loss = info_nce(outputs, self.objective["temperature"])
            else:
                loss = soft_cross_entropy(outputs, torch.from_numpy(targets).to(DEVICE, DTYPE))
                correct += int((outputs.argmax(1).cpu().numpy() == labels).sum())
            value = float(loss)
            if not math.isfinite(value):
                return None
            total += value
            for group in self.optimizer.param_groups:
                group["lr"] = self.train["lr"] * rate_factor(self.train["schedule"], self.train["warmup_steps"], (self.epoch - 1) * steps + step, epochs * steps)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.average is not None:
                for name, w in self.weights.items():
                    self.average[name] = self.train["ema"] * self.average[name] + (1 - self.train["ema"]) * w.detach()
        if not all(bool(torch.isfinite(w).all()) for w in self.weights.values()):
            return None
        return total / steps, correct / (steps * batch) if self.objective["kind"] == "supervised" else None

    @torch.no_grad()
    def evaluate(self, splits):
        results = []
        for name, data in splits:
            loss, correct = 0.0, 0
            for first in range(0, len(data), 256):
                indices = np.arange(first, min(first + 256, len(data)))
                logits = forward(self.order, self.weights, torch.from_numpy(data.batch(indices, train=False)).to(DEVICE, DTYPE)).double()
                labels = torch.from_numpy(data.labels[indices]).to(DEVICE)
                loss += float(F.cross_entropy(logits, labels, reduction="sum"))
                correct += int((logits.argmax(1) == labels).sum())
            results.append({"split": name, "n": len(data), "correct": correct, "loss": loss / len(data)})
        return results


def probe(order, data, start):
    """A head fitted on the frozen backbone before everything trains; the same for all siblings of a head's seed."""
    settings = {**order["settings"], "train": {**order["settings"]["train"], "freeze": "backbone", "optimizer": "adamw", "lr": PROBE_RATE, "weight_decay": 0.0, "schedule": "constant", "warmup_steps": 0, "ema": 0.0, "dropout": 0.0}}
    trainer = Trainer({**order, "seed": order["head_seed"], "settings": settings}, data, start)
    while trainer.epoch < PROBE_EPOCHS:
        trainer.run_epoch(PROBE_EPOCHS)
    return trainer.state()


def starting_point(folder, order):
    if order["start"]:
        return {t["name"]: read_tensors(os.path.join(folder, order["start"]))[t["name"]] for t in order["tensors"]}
    start = first_values(order)
    if order["parent"]:
        backbone = read_tensors(os.path.join(folder, order["parent"]["path"]))
        start = {name: values if name.startswith("head.") else backbone[name].astype(np.float32).reshape(values.shape) for name, values in start.items()}
    return start


def wait_for_parent(folder, order):
    """Where nobody holds children back: the parent's folder lies beside this one, and says when it has ended."""
    while order["parent"] and order["parent"]["path"].startswith("../"):
        ended = os.path.join(folder, os.path.dirname(order["parent"]["path"]), "exit")
        if os.path.exists(ended):
            code = open(ended).read().strip()
            if code != "0":
                sys.exit(f"the parent {order['parent']['member']} failed with code {code}")
            return
        time.sleep(5)


def main():
    folder = os.path.abspath(sys.argv[1])
    with open(os.path.join(folder, "member.json")) as file:
        order = json.load(file)
    if order["contract"] != 1:
        sys.exit(f"train.py follows version 1 of the contract, not {order['contract']}")
    if os.environ.get("ZOO_THREADS"):
        torch.set_num_threads(int(os.environ["ZOO_THREADS"]))
    if "--wait-parent" in sys.argv:
        wait_for_parent(folder, order)
    metrics, resume = os.path.join(folder, "metrics.jsonl"), os.path.join(folder, "resume", "state.pt")
    os.makedirs(os.path.dirname(resume), exist_ok=True)
    data = open_split(folder, order, "train")
    contrastive = order["settings"]["objective"]["kind"] == "contrastive"
    splits = [] if contrastive else [(name, open_split(folder, order, name)) for name in order["evaluate"]["on"] if name in order["dataset"]["splits"]]
    start = starting_point(folder, order)
    kept = torch.load(resume, map_location=DEVICE) if os.path.exists(resume) else None
    if kept is None and order["settings"]["head"].get("probe_first"):
        start = probe(order, data, start)
    trainer = Trainer(order, data, start)

    def write(line):
        """The state before its line: a line says that all of its epoch is there."""
        epoch = line["epoch"]
        if epoch in order["checkpoints"]:
            write_tensors(os.path.join(folder, f"epoch-{epoch:06d}.safetensors"), trainer.state())
        tell(line)
        torch.save({"epoch": epoch, "weights": {name: w.detach() for name, w in trainer.weights.items()}, "optimizer": trainer.optimizer.state_dict(), "average": trainer.average}, resume + ".part")
        os.replace(resume + ".part", resume)

    def tell(line):
        with open(metrics, "a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    if kept is not None:
        trainer.epoch, trainer.average = kept["epoch"], kept["average"]
        with torch.no_grad():
            for name, w in trainer.weights.items():
                w.copy_(kept["weights"][name])
        trainer.optimizer.load_state_dict(kept["optimizer"])
    else:
        if os.path.exists(metrics):
            os.remove(metrics)
        write({"epoch": 0, "splits": trainer.evaluate(splits)})
    epochs, every = order["epochs"], order["evaluate"]["every"]
    while trainer.epoch < epochs:
        clock = time.monotonic()
        trained = trainer.run_epoch(epochs)
        if trained is None:
            # The population keeps the member with its last good state.
            tell({"epoch": trainer.epoch, "train_loss": math.nan})
            return
        due = trainer.epoch % every == 0 or trainer.epoch == epochs
        line = {"epoch": trainer.epoch, "train_loss": trained[0], "splits": trainer.evaluate(splits) if due else []}
        if trained[1] is not None:
            line["train_accuracy"] = trained[1]
        line["seconds"] = round(time.monotonic() - clock, 3)
        write(line)


if __name__ == "__main__":
    main()
