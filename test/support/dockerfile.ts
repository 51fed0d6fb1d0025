import { DockerfileParser, type Instruction, ModifiableInstruction } from "dockerfile-ast";

/** A part of a Dockerfile: `FROM` and the instructions that follow it. */
export interface Stage {
  readonly image: string;
  /** The name after `AS`. */
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly keyword: string;
  /** `--from=build` is `{ from: "build" }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** The words after the flags. */
  readonly words: readonly string[];
  /** What follows the keyword and the flags, with line continuations. */
  readonly text: string;
}

export function parseDockerfile(text: string): readonly Stage[] {
  const stages: (Stage & { readonly steps: Step[] })[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = toStep(instruction);
    if (step.keyword === "FROM") {
      const [image = "", , name] = step.words;
      stages.push({ image, name, steps: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`${step.keyword} precedes the first FROM.`);
      stage.steps.push(step);
    }
  }
  return stages;
}

/** The only instruction of this kind in a stage. */
export function onlyStep({ steps }: Stage, keyword: string): Step {
  const [step, ...others] = steps.filter((each) => each.keyword === keyword);
  if (step === undefined || others.length > 0) throw new Error(`There is not exactly one ${keyword}.`);
  return step;
}

/** The command of an instruction in exec form: `CMD ["node", "main.js"]`. */
export function execForm({ keyword, text }: Step): readonly string[] {
  const command: unknown = JSON.parse(keyword === "HEALTHCHECK" ? text.replace(/^CMD /, "") : text);
  if (!Array.isArray(command)) throw new Error(`${keyword} is not in exec form.`);
  return command;
}

/** The names and values of every ENV of a stage. */
export function environmentOf({ steps }: Stage): Readonly<Record<string, string>> {
  const pairs = steps.filter(({ keyword }) => keyword === "ENV").flatMap(({ words }) => words);
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2)));
}

function toStep(instruction: Instruction): Step {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  const text = instruction.getArgumentsContent() ?? "";
  return {
    keyword: instruction.getKeyword(),
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""])),
    words: text.split(/\s+/),
    text,
  };
}
