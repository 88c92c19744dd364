// How a script and the test that runs it talk: a line of JSON each way. The test is the browser.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const config = JSON.parse(process.argv[2]);

/** Send the browser to an address; where it arrives at last. */
export async function visit(address) {
  console.log(JSON.stringify({ visit: String(address) }));
  return new URL((await lines.next()).value);
}

/** Run the scenario that the test named, and tell what came of it. */
export async function run(scenarios) {
  console.log(JSON.stringify({ done: (await scenarios[config.scenario]()) ?? null }));
  process.exit(0);
}
