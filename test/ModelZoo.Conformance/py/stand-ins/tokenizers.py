"""The part of tokenizers that the snippets use, computed by @huggingface/tokenizers. Only where the real package is absent."""
from bridge import Bridge


class Encoding:
    def __init__(self, ids, pad_id, length):
        short = length - len(ids)
        self.ids = ids + [pad_id] * short
        self.attention_mask = [1] * len(ids) + [0] * short
        self.type_ids = [0] * length


class Tokenizer:
    def __init__(self, path):
        self.bridge, self.most, self.pad_id = Bridge(tokenizer=path), None, 0

    @staticmethod
    def from_file(path):
        return Tokenizer(path)

    def enable_truncation(self, max_length):
        self.most = max_length

    def enable_padding(self, pad_id, pad_token):
        self.pad_id = pad_id

    def encode(self, text):
        return self.encode_batch([text])[0]

    def encode_batch(self, texts):
        all_ids = [ids if self.most is None or len(ids) <= self.most else ids[: self.most - 1] + ids[-1:] for ids in self.bridge.ask(encode=texts)]
        return [Encoding(ids, self.pad_id, max(map(len, all_ids))) for ids in all_ids]

    def decode(self, ids):
        return self.bridge.ask(decode=ids)
