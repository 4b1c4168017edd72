/** Errors in structured values: name, message, stack and cause, as a structured clone keeps them. */

interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  // What may lead back to the error itself stands last: see `reviveError`.
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** What stands for an error in the text; `false` for everything else. */
export function reduceError(thing: unknown): ErrorRecord | false {
  if (!isError(thing)) return false;
  const { name, message, stack } = thing;
  return {
    name: String(name),
    message: String(message),
    ...(typeof stack === "string" && { stack }),
    ...(Object.hasOwn(thing, "cause") && { cause: thing.cause }),
    ...(thing instanceof AggregateError && { errors: thing.errors }),
  };
}

function isError(thing: unknown): thing is Error {
  if (typeof thing !== "object" || thing === null) return false;
  if (thing instanceof Error) return true;
  return Object.prototype.toString.call(thing) === "[object Error]";
}

/** One error for each record, however often devalue asks. */
const revived = new WeakMap<object, Error>();

/**
 * The inverse of `reduceError`. When an error leads back to itself, devalue asks for it a first time while its record
 * is being read, with name, message and stack there and the rest to come, and again at the end.
 */
export function reviveError(record: unknown): Error {
  if (!isRecord(record)) throw new Error("The record of an error is malformed");
  const error = revived.get(record) ?? create(record);
  revived.set(record, error);
  if (Object.hasOwn(record, "cause")) define(error, "cause", record.cause);
  if (Object.hasOwn(record, "errors")) define(error, "errors", record.errors);
  return error;
}

function isRecord(record: unknown): record is ErrorRecord {
  if (typeof record !== "object" || record === null) return false;
  const { name, message, stack } = record as Partial<ErrorRecord>;
  return (
    typeof name === "string" &&
    typeof message === "string" &&
    (stack === undefined || typeof stack === "string")
  );
}

const constructors = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function create({ name, message, stack }: ErrorRecord): Error {
  const error = construct(name, message);
  if (error.name !== name) define(error, "name", name);
  if (stack !== undefined) define(error, "stack", stack);
  return error;
}

function construct(name: string, message: string): Error {
  if (name === "AggregateError") return new AggregateError([], message);
  if (Object.hasOwn(constructors, name))
    return new constructors[name as keyof typeof constructors](message);
  return new Error(message);
}

/** As constructors define them: not enumerable. */
function define(error: Error, property: string, value: unknown): void {
  Object.defineProperty(error, property, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
