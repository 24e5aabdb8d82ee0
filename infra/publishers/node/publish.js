// Publish submissions to turnlog, one JSON object a line: node publish.js [FILE]

import { createReadStream } from "node:fs";
import { Kafka, Partitioners, logLevel } from "kafkajs";

const brokers = (process.env.TURNLOG_KAFKA ?? "127.0.0.1:9092").split(",");
const topic = process.env.TURNLOG_TURNS_TOPIC ?? "turns";

// What is sent together is one batch per partition, and Kafka takes or refuses it as a whole: kafkajs splits none.
const TOGETHER = 200;
const TOGETHER_BYTES = 512 << 10;

const producer = new Kafka({ clientId: "publish", brokers, logLevel: logLevel.NOTHING }).producer({
  idempotent: true, // acks: all
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner, // Java's, since kafkajs 2
});

const escaped = (id) => id.replaceAll("%", "%25").replaceAll("/", "%2F");

// org_id/user_id: what belongs together stays in order.
function keyOf(line) {
  const { org_id, user_id } = JSON.parse(line);
  return `${escaped(org_id)}/${escaped(user_id)}`;
}

// node:readline would split at U+2028 too, which texts may hold.
async function* linesOf(stream) {
  let rest = [];
  for await (const chunk of stream.setEncoding("utf8")) {
    const [first, ...others] = chunk.split("\n");
    rest.push(first);
    if (!others.length) continue;
    yield rest.join("");
    rest = [others.pop()];
    yield* others;
  }
  if (rest.join("")) yield rest.join("");
}

let read = 0;
let failed = 0;
let waiting = [];
let bytes = 0;

async function send() {
  const together = waiting;
  waiting = [];
  bytes = 0;
  if (!together.length) return;
  try {
    await producer.send({ topic, acks: -1, messages: together.map(({ key, value }) => ({ key, value })) });
  } catch (error) {
    failed += together.length;
    const [first, last] = [together[0].number, together.at(-1).number];
    const which = first === last ? `line ${first}` : `lines ${first} to ${last}, or some of them`;
    console.error(`${which}: ${error.message}`);
  }
}

async function take(value) {
  const number = ++read;
  let key;
  try {
    key = keyOf(value);
  } catch (error) {
    failed += 1;
    console.error(`line ${number}: ${error.message}`);
    return;
  }
  const size = Buffer.byteLength(value) + Buffer.byteLength(key);
  if (waiting.length === TOGETHER || bytes + size > TOGETHER_BYTES) await send();
  waiting.push({ key, value, number });
  bytes += size;
}

await producer.connect();
try {
  for await (const line of linesOf(process.argv[2] ? createReadStream(process.argv[2]) : process.stdin)) {
    await take(line);
  }
} finally {
  await send();
  await producer.disconnect();
}
console.error(`${read - failed} of ${read} records acknowledged`);
process.exitCode = failed ? 1 : 0;
