# Runs the model over a whole file or folder and writes one line of JSON per record; started again, it goes on where it ended.
#   pip install {{packages}}
#   python batch.py inputs.jsonl outputs.jsonl            (or inputs.csv, or a folder of pictures)
import argparse
import csv
import hashlib
import sys

{{>predict}}


def records(source):
    """Lines of a JSON Lines file, rows of a CSV file with a head, files of a folder in the order of their names."""
    if os.path.isdir(source):
        for name in sorted(os.listdir(source)):
            if os.path.isfile(os.path.join(source, name)):
                yield {"id": name, "file": os.path.join(source, name)}
        return
    with open(source, encoding="utf-8-sig", newline="") as file:
        if source.lower().endswith(".csv"):
            yield from csv.DictReader(file)
        else:
            yield from (line for line in file if line.strip())


def digest(source):
    sha = hashlib.sha256()
    if os.path.isdir(source):
        for record in records(source):
            sha.update(f"{record['id']}\0{os.path.getsize(record['file'])}\n".encode())
    else:
        with open(source, "rb") as file:
            while block := file.read(1 << 20):
                sha.update(block)
    return sha.hexdigest()


def resume(outputs, work):
    """How many records are done. A line that an earlier run left unfinished is cut off; outputs of other work are refused."""
    note = outputs + ".work.json"
    if os.path.exists(outputs):
        if not os.path.exists(note):
            sys.exit(f"{outputs} is there already, and nothing says what made it.")
        with open(note, encoding="utf-8") as file:
            if json.load(file) != work:
                sys.exit(f"{outputs} was made with another model, commit or input: remove it and {note}, or name another file.")
    else:
        with open(note, "w", encoding="utf-8") as file:
            json.dump(work, file)
    done = end = 0
    with open(outputs, "ab+") as file:
        file.seek(0)
        for line in file:
            if line.endswith(b"\n"):
                done, end = done + 1, end + len(line)
        file.truncate(end)
    return done


def answer(batch):
    """One line per record, in order; a record that cannot be read gets an error instead of an answer."""
    lines, items = [], []
    for index, record in batch:
        line = {"index": index}
        lines.append(line)
        try:
            record = json.loads(record) if isinstance(record, str) else record
            if isinstance(record, dict) and "id" in record:
                line["id"] = record["id"]
{{#dropId}}
                record = {key: value for key, value in record.items() if key != "id"}
{{/dropId}}
            items.append((line, read(record)))
        except (ValueError, TypeError, OSError) as error:
            line["error"] = str(error)
    if items:
        for (line, _), result in zip(items, predict([item for _, item in items])):
            line.update(result)
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs")
    parser.add_argument("outputs")
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args()
    done = resume(options.outputs, {"model": MODEL, "commit": COMMIT, "inputs": digest(options.inputs)})
    written = 0
    with open(options.outputs, "a", encoding="utf-8") as out:

        def write(batch):
            for line in answer(batch):
                out.write(json.dumps(line) + "\n")
            out.flush()
            return len(batch)

        batch = []
        for index, record in enumerate(records(options.inputs)):
            if index < done:
                continue
            batch.append((index, record))
            if len(batch) == options.batch_size:
                written += write(batch)
                batch = []
        if batch:
            written += write(batch)
    print(f"{done} were done, {written} written to {options.outputs}")


if __name__ == "__main__":
    main()
