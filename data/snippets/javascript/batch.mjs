// Runs the model over a whole file or folder and writes one line of JSON per record; started again, it goes on where it ended.
//   npm install {{packages}}
//   node batch.mjs inputs.jsonl outputs.jsonl            (or inputs.csv, or a folder of pictures); --batch-size 16
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
{{>predict}}

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { "batch-size": { type: "string", default: "16" } } });
if (positionals.length !== 2) {
  console.error("node batch.mjs INPUTS OUTPUTS [--batch-size 16]");
  process.exit(2);
}
const [source, target] = positionals;
const work = { model: MODEL, commit: COMMIT, inputs: await digest() };
const done = resume();
const out = fs.openSync(target, "a");
let [index, written, batch] = [0, 0, []];
for await (const record of records()) {
  if (index++ < done) continue;
  batch.push([index - 1, record]);
  if (batch.length === Number(options["batch-size"])) await write();
}
if (batch.length > 0) await write();
fs.closeSync(out);
console.log(`${done} were done, ${written} written to ${target}`);

/** Lines of a JSON Lines file, rows of a CSV file with a head, files of a folder in the order of their names. */
async function* records() {
  if (fs.statSync(source).isDirectory()) {
    for (const name of fs.readdirSync(source).sort())
      if (fs.statSync(path.join(source, name)).isFile()) yield { id: name, file: path.join(source, name) };
    return;
  }
  if (source.toLowerCase().endsWith(".csv")) {
    let head;
    for await (const row of rows())
      if (!head) head = row;
      else yield Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""]));
    return;
  }
  for await (const line of createInterface({ input: fs.createReadStream(source), crlfDelay: Infinity })) if (line.trim()) yield line;
}

/** CSV as RFC 4180 has it: quoted fields may hold commas, doubled quotation marks and line ends. */
async function* rows() {
  let [row, field, quoted, closed, started] = [[], "", false, false, false];
  for await (const text of fs.createReadStream(source, "utf8"))
    for (const c of started ? text : text.replace(/^\uFEFF/, "")) {
      started = true;
      if (quoted) {
        if (c === '"') [quoted, closed] = [false, true];
        else field += c;
      } else if (c === '"' && (field === "" || closed)) {
        if (closed) field += c;
        [quoted, closed] = [true, false];
      } else if (c === ",") [row, field, closed] = [[...row, field], "", false];
      else if (c === "\n") {
        if (row.length > 0 || field !== "" || closed) yield [...row, field];
        [row, field, closed] = [[], "", false];
      } else if (c !== "\r") [field, closed] = [field + c, false];
    }
  if (row.length > 0 || field !== "" || closed) yield [...row, field];
}

async function digest() {
  const sha = createHash("sha256");
  if (fs.statSync(source).isDirectory()) for await (const { id, file } of records()) sha.update(`${id}\0${fs.statSync(file).size}\n`);
  else for await (const block of fs.createReadStream(source)) sha.update(block);
  return sha.digest("hex");
}

/** How many records are done. A line that an earlier run left unfinished is cut off; outputs of other work are refused. */
function resume() {
  const note = `${target}.work.json`;
  if (!fs.existsSync(target)) {
    fs.writeFileSync(note, JSON.stringify(work));
    return 0;
  }
  if (!fs.existsSync(note) || JSON.stringify(JSON.parse(fs.readFileSync(note, "utf8"))) !== JSON.stringify(work)) {
    console.error(`${target} was made with another model, commit or input: remove it and ${note}, or name another file.`);
    process.exit(1);
  }
  const [file, block] = [fs.openSync(target, "r+"), Buffer.alloc(1 << 20)];
  let [lines, end, at, read] = [0, 0, 0, 0];
  while ((read = fs.readSync(file, block, 0, block.length, at)) > 0) {
    for (let i = 0; i < read; i++) if (block[i] === 10) [lines, end] = [lines + 1, at + i + 1];
    at += read;
  }
  fs.ftruncateSync(file, end);
  fs.closeSync(file);
  return lines;
}

/** One line per record, in order; a record that cannot be read gets an error instead of an answer. */
async function write() {
  const [lines, items] = [[], []];
  for (const [index, given] of batch) {
    const line = { index };
    lines.push(line);
    try {
      let record = typeof given === "string" ? JSON.parse(given) : given;
      if (record !== null && typeof record === "object" && "id" in record) {
        line.id = record.id;
{{#dropId}}
        const { id, ...rest } = record;
        record = rest;
{{/dropId}}
      }
      items.push([line, await read(record)]);
    } catch (error) {
      line.error = error.message;
    }
  }
  if (items.length > 0) (await predict(items.map(([, item]) => item))).forEach((answer, i) => Object.assign(items[i][0], answer));
  fs.writeSync(out, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  written += lines.length;
  batch = [];
}
