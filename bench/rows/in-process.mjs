import { once } from "node:events";
import { join } from "node:path";
import { startProgram } from "../program.mjs";
import { names } from "./in-process-names.mjs";

/** What a URL costs without HTTP: one process, on the server's processor, that signs and does nothing else. */
export async function inProcess({ rounds, seconds, log }) {
  const program = startProgram(
    [join(import.meta.dirname, "in-process-program.mjs"), String(rounds), String(seconds / 3)],
    {},
    { output: "pipe" },
  );
  const exited = once(program.child, "exit");
  let printed = "";
  for await (const chunk of program.child.stdout.setEncoding("utf8")) printed += chunk;
  const [code] = await exited;
  if (code !== 0) throw new Error(`The program that signs ended with ${code}.`);
  const figures = JSON.parse(printed);
  for (const [name, samples] of Object.entries(figures))
    log(`${name}: ${samples.map((n) => n.toFixed(2))} µs`);
  return {
    title: "Signing in process",
    unit: "µs",
    figures,
    comparisons: [
      { of: names.presigner, to: names.arithmetic, atMost: 2 },
      { of: names.getSignedUrl, to: names.presigner, atLeast: 30 },
      { of: names.sdkPresigner, to: names.presigner },
    ],
  };
}
