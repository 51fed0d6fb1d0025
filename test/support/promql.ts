import { parser } from "@prometheus-io/lezer-promql";

export interface MetricQuery {
  readonly metric: string;
  /** The labels that are compared with a value. */
  readonly labels: readonly string[];
}

export interface ParsedQuery {
  readonly metrics: readonly MetricQuery[];
  /** The labels after `by` and `without`. */
  readonly groupedBy: readonly string[];
  readonly hasSyntaxError: boolean;
}

/** Which metrics and labels a PromQL expression reads. */
export function parseQuery(expression: string): ParsedQuery {
  const metrics: { metric: string; labels: string[] }[] = [];
  const groupedBy: string[] = [];
  let hasSyntaxError = false;
  parser.parse(expression).iterate({
    enter({ name, type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type.isError) hasSyntaxError = true;
      else if (name === "Identifier") metrics.push({ metric: text, labels: [] });
      else if (name === "LabelName" && node.parent?.name === "GroupingLabels") groupedBy.push(text);
      else if (name === "LabelName") metrics.at(-1)?.labels.push(text);
    },
  });
  return { metrics, groupedBy, hasSyntaxError };
}
