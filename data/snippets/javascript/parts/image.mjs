{{>imports}}
import sharp from "sharp";

{{>fetch}}

// How pictures are prepared, from the repository's preprocessor_config.json at that commit. Where they are resized, numbers differ a little from Pillow's.
const GREY = {{grey}};
const KERNEL = {{kernel}};
const [SIZE, SHORTEST, CROP] = [{{size}}, {{shortest}}, {{crop}}]; // [width, height], the shorter side, [width, height]
const SCALE = {{scale}};
const [MEAN, DEVIATION] = [{{mean}}, {{deviation}}];

{{#config}}
const labels = JSON.parse(fs.readFileSync(path.join(folder, "config.json"), "utf8")).id2label ?? {};
{{/config}}
{{^config}}
const labels = {};
{{/config}}
const session = await ort.InferenceSession.create(path.join(folder, ...{{graph}}.split("/")));
const EXAMPLES = []; // paths of pictures, from the command line

/** One picture: a path, an object with "file", or one with "image" in base64. */
async function read(record) {
  if (typeof record?.image === "string") return prepare(Buffer.from(record.image, "base64"));
  const file = typeof record === "string" ? record : record?.file;
  if (typeof file !== "string") throw new TypeError('a record is a path, or has a "file" or an "image" in base64');
  return prepare(file);
}

async function prepare(source) {
  let picture = sharp(source, { limitInputPixels: 64_000_000 }).removeAlpha().toColourspace(GREY ? "b-w" : "srgb");
  let { width, height } = await picture.metadata();
  const resize = (w, h) => {
    if (w !== width || h !== height) picture = picture.resize(w, h, { kernel: KERNEL, fit: "fill" });
    [width, height] = [w, h];
  };
  if (SIZE) resize(...SIZE);
  else if (SHORTEST) {
    const other = Math.floor((SHORTEST * Math.max(width, height)) / Math.min(width, height));
    resize(...(width <= height ? [SHORTEST, other] : [other, SHORTEST]));
  }
  if (CROP) {
    const [w, h] = CROP;
    if (width < w || height < h) throw new RangeError(`the picture is smaller than ${w} x ${h}`);
    picture = picture.extract({ left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h });
  }
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const [channels, pixels] = [GREY ? 1 : 3, info.width * info.height];
  const numbers = new Float32Array(channels * pixels);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < channels; c++) {
      const value = data[i * info.channels + Math.min(c, info.channels - 1)] * SCALE;
      numbers[{{#channelsFirst}}c * pixels + i{{/channelsFirst}}{{^channelsFirst}}i * channels + c{{/channelsFirst}}] = MEAN.length > 0 ? (value - MEAN[c % MEAN.length]) / DEVIATION[c % DEVIATION.length] : value;
    }
  return { numbers, shape: {{#channelsFirst}}[channels, info.height, info.width]{{/channelsFirst}}{{^channelsFirst}}[info.height, info.width, channels]{{/channelsFirst}} };
}

async function predict(pictures) {
  const answers = [];
  for (const { numbers, shape } of pictures) {
    const { data } = (await session.run({ [{{input}}]: new ort.Tensor("float32", numbers, [1, ...shape]) }))[{{output}}];
    const scores = probabilities(Array.from(data));
    const score = Math.max(...scores);
    answers.push({ label: labels[scores.indexOf(score)] ?? `LABEL_${scores.indexOf(score)}`, score });
  }
  return answers;
}

/** As they are where they are that already. */
function probabilities(row) {
  if (Math.min(...row) >= 0 && Math.abs(row.reduce((sum, x) => sum + x, 0) - 1) < 1e-3) return row;
  const top = Math.max(...row);
  const sum = row.reduce((all, x) => all + Math.exp(x - top), 0);
  return row.map((x) => Math.exp(x - top) / sum);
}
