// Publish submissions to turnlog, one JSON object a line: node publish.js [FILE]

import { createReadStream } from "node:fs";
import { Kafka, Partitioners, logLevel } from "kafkajs";

const brokers = (process.env.TURNLOG_KAFKA ?? "127.0.0.1:9092").split(",");
const topic = process.env.TURNLOG_TURNS_TOPIC ?? "turns";
const TOGETHER = 200;

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
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  if (rest) yield rest;
}

let sent = 0;
let failed = 0;

async function send(lines) {
  const messages = lines.map((value) => ({ key: keyOf(value), value }));
  try {
    await producer.send({ topic, acks: -1, messages });
  } catch (error) {
    failed += lines.length;
    console.error(`lines ${sent + 1} to ${sent + lines.length}, or some of them: ${error.message}`);
  }
  sent += lines.length;
}

await producer.connect();
let waiting = [];
for await (const line of linesOf(process.argv[2] ? createReadStream(process.argv[2]) : process.stdin)) {
  waiting.push(line);
  if (waiting.length === TOGETHER) await send(waiting.splice(0));
}
if (waiting.length) await send(waiting);
await producer.disconnect();
console.error(`${sent - failed} of ${sent} records acknowledged`);
process.exitCode = failed ? 1 : 0;
