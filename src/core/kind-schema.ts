/** A schema of several kinds of maps that is found by the kind: valibot's own `variant` tries one option after another. */
import * as v from "valibot";

/** A map whose field `kind` is one text. */
type KindSchema = v.ObjectSchema<
  v.ObjectEntries & { readonly kind: v.LiteralSchema<string, undefined> },
  undefined
>;

/** Takes what the option of its `kind` takes, and nothing else. */
export function byKind<const Options extends readonly KindSchema[]>(
  options: Options,
): v.LazySchema<Options[number]> {
  const known = new Map<unknown, Options[number]>(
    options.map((option) => [option.entries.kind.literal, option]),
  );
  const [first] = options;
  if (!first) throw new TypeError("no kinds");
  // Of a kind that is none, or without one: the first option refuses it.
  return v.lazy((input) => known.get(kindOf(input)) ?? first);
}

function kindOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "kind" in input
    ? input.kind
    : undefined;
}
