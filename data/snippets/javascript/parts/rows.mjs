{{>imports}}

{{>fetch}}

const WIDTH = {{width}}; // numbers in a row; null: as many as there are
const OUTPUTS = {{outputs}}; // those that are tensors

const session = await ort.InferenceSession.create(path.join(folder, ...{{graph}}.split("/")));
const EXAMPLES = [Array(WIDTH ?? 4).fill(0), Array(WIDTH ?? 4).fill(1)];

/** One row of numbers: a list, an object with "features", or a line of a CSV file, whose columns are taken in their order. */
function read(record) {
  const values = Array.isArray(record) ? record : (record?.features ?? Object.values(record ?? {}));
  if (!Array.isArray(values)) throw new TypeError('a record is a list of numbers, or has "features"');
  const row = values.map((value) => (value === "" || value === null ? NaN : Number(value)));
  if (row.some(Number.isNaN)) throw new TypeError("a row holds numbers only");
  if (WIDTH && row.length !== WIDTH) throw new RangeError(`${row.length} numbers instead of ${WIDTH}`);
  return row;
}

async function predict(rows) {
  const numbers = {{#whole}}BigInt64Array.from(rows.flat(), BigInt){{/whole}}{{^whole}}{{array}}.from(rows.flat()){{/whole}};
  const outputs = await session.run({ [{{input}}]: new ort.Tensor({{inputType}}, numbers, [rows.length, rows[0].length]) }, OUTPUTS);
  return rows.map((_, i) => Object.fromEntries(OUTPUTS.map((name) => {
    const { data, dims } = outputs[name];
    const width = dims.slice(1).reduce((all, size) => all * size, 1);
    const values = Array.from(data.slice(i * width, (i + 1) * width), (x) => (typeof x === "bigint" ? Number(x) : x));
    return [name, dims.length > 1 ? values : values[0]];
  })));
}
