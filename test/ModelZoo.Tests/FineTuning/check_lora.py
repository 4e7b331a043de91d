import json, os, sys
import numpy as np
import torch
import torch.nn.functional as F
import lora, train


class Tensors(torch.nn.Module):
    """A ViT under the names that PEFT's wrapping gives it, computed by train.py's own forward: what is tested is all that lora.py does around the libraries."""
    def __init__(self, order, start, settings):
        super().__init__()
        self.order, self.scale, self.values = order, settings["alpha"] / settings["r"], {}
        generator = torch.Generator().manual_seed(1)
        for name, values in lora.to_theirs(start).items():
            module, _, kind = name.rpartition(".")
            prefix = "base_model.model."
            if module.endswith((".query", ".value")):
                self.add(f"{prefix}{module}.base_layer.{kind}", values, False)
                if kind == "weight":
                    self.add(f"{prefix}{module}.lora_A.default.weight", torch.randn(settings["r"], values.shape[1], generator=generator).numpy() / 10, True)
                    self.add(f"{prefix}{module}.lora_B.default.weight", np.zeros((values.shape[0], settings["r"]), np.float32), True)
            elif module == "classifier":
                self.add(f"{prefix}classifier.original_module.{kind}", values, False)
                self.add(f"{prefix}classifier.modules_to_save.default.{kind}", values, True)
            else:
                self.add(prefix + name, values, False)

    def add(self, name, values, learns):
        self.values[name] = torch.nn.Parameter(torch.from_numpy(np.array(values, np.float32)), requires_grad=learns)

    def parameters(self):
        return iter(self.values.values())

    def state_dict(self):
        return {name: values.detach() for name, values in self.values.items()}

    def logits(self, images):
        plain, prefix = {}, "base_model.model."
        for name, values in self.values.items():
            if "lora_" not in name and ".original_module." not in name:
                plain[name[len(prefix):].replace("base_layer.", "").replace("modules_to_save.default.", "")] = values
        for name in [n for n in self.values if "lora_A" in n]:
            target = name[len(prefix):].replace("lora_A.default.", "")
            plain[target] = plain[target] + self.scale * (self.values[name.replace("lora_A", "lora_B")] @ self.values[name])
        ours = {}
        for tensor in self.order["tensors"]:
            name = tensor["name"]
            theirs = lora.their_name(name)
            value = torch.cat([plain[theirs.replace("attn.qkv", f"attention.attention.{part}")] for part in lora.PARTS]) if ".attn.qkv." in name else plain[theirs]
            ours[name] = value.reshape(tensor["shape"])
        return train.forward(self.order, ours, images)


def make(order, start, settings):
    global made
    made = Tensors(order, start, settings)
    return made, made.logits


folder = os.path.abspath(sys.argv[1])
order = json.load(open(os.path.join(folder, "member.json")))
lora.train_member(folder, make)
lines = [json.loads(line) for line in open(os.path.join(folder, "metrics.jsonl"))]
assert [line["epoch"] for line in lines] == list(range(order["epochs"] + 1)), lines
assert lines[-1]["train_loss"] < lines[1]["train_loss"], lines
start, last = (train.read_tensors(os.path.join(folder, f"epoch-{epoch:06d}.safetensors")) for epoch in (0, order["epochs"]))
assert [t["name"] for t in order["tensors"]] == list(last)
dim = order["architecture"]["dim"]
for name, values in last.items():
    moved = not np.array_equal(values, start[name])
    assert moved == (name.startswith("head.") or name.endswith("attn.qkv.weight")), name
    if name.endswith("attn.qkv.weight"):
        # Keys have no adapter; and what was added is of the adapter's rank.
        assert np.array_equal(values[dim:2 * dim], start[name][dim:2 * dim])
        assert np.linalg.matrix_rank(values[:dim].astype(np.float64) - start[name][:dim], tol=1e-4) <= 8
images = torch.from_numpy(train.open_split(folder, order, "val").batch(np.arange(16), train=False))
with torch.no_grad():
    merged = train.forward(order, {name: torch.from_numpy(np.array(values)) for name, values in last.items()}, images)
    assert torch.allclose(merged, made.logits(images), atol=2e-5), (merged - made.logits(images)).abs().max()
open(os.path.join(folder, "exit"), "w").write("0\n")
print("ok")
