// Makes the tables beside it with other people's writers:  npm i hyparquet-writer apache-arrow && node make.mjs
import fs from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import * as arrow from 'apache-arrow';

const words = ['lion', 'naïve café', '😀', '', 'a quick brown fox'];
const rows = Array.from({ length: 300 }, (_, i) => ({
  id: i,
  question: `Question ${i}: ${words[i % 5]}?`,
  subject: i % 7 === 3 ? null : `subject ${i % 4}`,
  score: i % 11 === 0 ? null : i / 8,
  isHard: i % 3 === 0,
  choices: i % 13 === 5 ? null : Array.from({ length: i % 5 }, (_, k) => ((i + k) % 6 === 1 ? null : words[(i + k) % 5])),
  answers: i % 17 === 2 ? null : { text: Array.from({ length: i % 3 }, (_, k) => `answer ${k}`), start: Array.from({ length: i % 3 }, (_, k) => i * k) },
}));
fs.writeFileSync('expected.jsonl', rows.map(row => JSON.stringify(row)).join('\n') + '\n');

const schema = [
  { name: 'root', num_children: 7 },
  { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'question', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'subject', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'score', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'isHard', type: 'BOOLEAN', repetition_type: 'REQUIRED' },
  { name: 'choices', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'answers', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'text', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'start', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' },
];
const big = value => (value === null || value === undefined ? value : BigInt(value));
const column = (name, make = value => value) => ({ name, data: rows.map(row => make(row[name])) });
const columnData = [column('id', big), column('question'), column('subject'), column('score'), column('isHard'), column('choices'),
  column('answers', answers => answers && { text: answers.text, start: answers.start.map(big) })];
fs.writeFileSync('nested.parquet', Buffer.from(parquetWriteBuffer({ columnData, schema, rowGroupSize: 120 })));
fs.writeFileSync('plain.parquet', Buffer.from(parquetWriteBuffer({ columnData, schema, codec: 'UNCOMPRESSED', pageSize: 700 })));
const numbers = Array.from({ length: 1000 }, (_, i) => i * i - 300);
fs.writeFileSync('encodings.parquet', Buffer.from(parquetWriteBuffer({
  columnData: [
    { name: 'delta', data: numbers, type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
    { name: 'delta64', data: numbers.map(n => BigInt(n) * 5000000000n), type: 'INT64', encoding: 'DELTA_BINARY_PACKED' },
    { name: 'lengths', data: numbers.map(n => `text ${n % 37}`), type: 'STRING', encoding: 'DELTA_LENGTH_BYTE_ARRAY' },
    { name: 'shared', data: numbers.map(n => `https://example.org/${n}`), type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
    { name: 'split', data: numbers.map(n => n / 4), type: 'FLOAT', encoding: 'BYTE_STREAM_SPLIT' },
    { name: 'days', data: numbers.map((_, i) => new Date(Date.UTC(2000, 0, 1, i, 30))), type: 'TIMESTAMP' },
  ],
})));

const { Field, Int64, Utf8, Float64, Bool, List, Struct, Schema, vectorFromArray, Table, tableToIPC, Dictionary, Int32 } = arrow;
const list = type => new List(new Field('item', type, true));
const table = new Table({
  id: vectorFromArray(rows.map(row => BigInt(row.id)), new Int64()),
  question: vectorFromArray(rows.map(row => row.question), new Utf8()),
  subject: vectorFromArray(rows.map(row => row.subject), new Dictionary(new Utf8(), new Int32())),
  score: vectorFromArray(rows.map(row => row.score), new Float64()),
  isHard: vectorFromArray(rows.map(row => row.isHard), new Bool()),
  choices: vectorFromArray(rows.map(row => row.choices), list(new Utf8())),
  answers: vectorFromArray(rows.map(row => row.answers && { text: row.answers.text, start: row.answers.start.map(BigInt) }),
    new Struct([new Field('text', list(new Utf8()), true), new Field('start', list(new Int64()), true)])),
});
fs.writeFileSync('stream.arrow', tableToIPC(table, 'stream'));
fs.writeFileSync('file.arrow', tableToIPC(table, 'file'));
