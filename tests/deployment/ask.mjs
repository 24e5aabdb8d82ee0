// Runs every query of a JSON list on standard input with ClickHouse's own client for Node; the answers as JSON.
//   node ask.mjs MODULE ADDRESS DATABASE
import { pathToFileURL } from "node:url";

const [module, url, database] = process.argv.slice(2);
const { createClient } = await import(pathToFileURL(module).href);
const client = createClient({ url, database });
let input = "";
for await (const piece of process.stdin) input += piece;
const answers = [];
for (const [query, parameters] of JSON.parse(input)) {
  const result = await client.query({ query, query_params: parameters, format: "JSONEachRow" });
  answers.push(await result.json());
}
const stream = await client.query({ query: "SELECT number FROM numbers(200000)", format: "JSONEachRow" });
let rows = 0;
for await (const some of stream.stream()) rows += some.length;
const alive = await client.ping();
await client.close();
process.stdout.write(JSON.stringify({ answers, rows, alive: alive.success }));
