/** One shape for all commands: declared for citty, parsed strictly, and run to an exit code. */
import { parseArgs as parseStrictly } from "node:util";
import { type ArgsDef, parseArgs } from "citty";
import { didYouMean } from "./did-you-mean.ts";
import { type ExitCode, usageError } from "./exit-code.ts";

/** The values of declared arguments; `undefined` for what was not given and has no default. */
type Values<A extends ArgsDef> = {
  readonly [Name in keyof A]: A[Name] extends { type: "boolean" }
    ? Flag<A[Name], boolean>
    : A[Name] extends { type: "positional" }
      ? A[Name] extends { required: false }
        ? string | undefined
        : string
      : Flag<A[Name], string>;
};

type Flag<Definition, Value> = Definition extends { default: Value }
  ? Value
  : Value | undefined;

/** What a command's `run` gets: what was declared and given, and nothing that was not declared. */
export interface Invocation<A extends ArgsDef = ArgsDef> {
  readonly args: Values<A>;
  /** All that stands where no flag stands, the declared positionals first. */
  readonly positionals: readonly string[];
  /** Every value of a flag that may be given several times. */
  readonly all: (flag: keyof A & string) => readonly string[];
}

/** As the command line finds it and `--help` shows it; what `run` throws becomes the error line and the exit code. */
export interface Command {
  readonly name: string;
  /** What it does, without a full stop. */
  readonly description: string;
  readonly args: ArgsDef;
  /** Lines to paste into a shell. */
  readonly examples: readonly string[];
  readonly run: (rawArgs: readonly string[]) => Promise<ExitCode>;
}

/** Declares a command. `run` gets validated arguments; what it throws becomes the error line and the exit code. */
export function command<const A extends ArgsDef>(options: {
  readonly name: string;
  readonly description: string;
  readonly args: A;
  /** How many arguments without a flag may stand there; as many as are declared unless given. */
  readonly positionalsMax?: number;
  readonly examples: readonly string[];
  readonly run: (invocation: Invocation<A>) => Promise<ExitCode>;
}): Command {
  return {
    ...options,
    run: (rawArgs) =>
      options.run(invocationOf(withNegatives(rawArgs, options.args), options)),
  };
}

/** `--ttl -1` as `--ttl=-1`: a number is a flag's value, and what is wrong with it is for the command to say. */
function withNegatives(
  rawArgs: readonly string[],
  args: ArgsDef,
): readonly string[] {
  const end = rawArgs.indexOf("--");
  const joined: string[] = [];
  for (let at = 0; at < rawArgs.length; at++) {
    const [arg = "", next = ""] = rawArgs.slice(at, at + 2);
    const isFlags = end === -1 || at < end;
    const takesValue =
      arg.startsWith("--") && args[arg.slice(2)]?.type === "string";
    const isNegative = isFlags && takesValue && /^-[\d.]/.test(next);
    joined.push(isNegative ? `${arg}=${next}` : arg);
    if (isNegative) at++;
  }
  return joined;
}

function invocationOf<A extends ArgsDef>(
  rawArgs: readonly string[],
  {
    name,
    args,
    positionalsMax,
  }: {
    readonly name: string;
    readonly args: A;
    readonly positionalsMax?: number;
  },
): Invocation<A> {
  const definitions = Object.values(args);
  const declared = definitions.filter(({ type }) => type === "positional");
  try {
    const { values, positionals } = strictValues(rawArgs, args);
    const surplus = positionals[positionalsMax ?? declared.length];
    if (surplus !== undefined)
      throw new Error(`There is one argument too many: ${surplus}`);
    return {
      args: parseArgs([...rawArgs], args) as unknown as Values<A>,
      positionals,
      all: (flag) => values[flag] ?? [],
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const [, unknown] = /^Unknown option '(--[^']+)'/.exec(reason) ?? [];
    const flags = Object.keys(args).map((flag) => `--${flag}`);
    const hint = unknown === undefined ? "" : didYouMean(unknown, flags);
    throw usageError(
      `${reason.split(/\n|\. To specify/)[0]?.replace(/\.$/, "")}.${hint} See: ringwalk ${name} --help`,
    );
  }
}

/** citty takes unknown flags, and flags without their value, in silence, and keeps a repeated one's last value alone. */
function strictValues(rawArgs: readonly string[], args: ArgsDef) {
  const flags = Object.entries(args).filter(
    ([, { type }]) => type !== "positional",
  );
  const { values, positionals } = parseStrictly({
    args: [...rawArgs],
    allowPositionals: true,
    allowNegative: true,
    strict: true,
    options: Object.fromEntries(
      flags.map(([name, { type, ...definition }]) => {
        const [short] = "alias" in definition ? [definition.alias].flat() : [];
        return [
          name,
          {
            type: type === "boolean" ? "boolean" : "string",
            multiple: true,
            ...(short !== undefined && { short }),
          } as const,
        ];
      }),
    ),
  });
  return {
    positionals,
    values: values as Readonly<Record<string, readonly string[] | undefined>>,
  };
}
