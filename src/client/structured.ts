/** Structured-cloneable values as text and back: devalue, with what it lacks of the structured clone algorithm (HTML, section 2.7). */
import { DevalueError, parse, stringifyAsync } from "devalue";
import { ValueError } from "./errors.ts";
import { reduceBlob, reviveBlob } from "./structured-blob.ts";
import { reduceError, reviveError } from "./structured-error.ts";

/** Payloads of blobs on their way: the only promises that are waited for. */
const readings = new WeakSet<object>();

/** The text for `value`; a `ValueError` names the part that cannot be stored. */
export async function structuredToText(value: unknown): Promise<string> {
  try {
    return await stringifyAsync(
      value,
      { Error: reduceError, Blob: (thing) => reduceBlob(thing, readBlob) },
      { operations: { isThenable: isReading, viewInfo, shapeOf, get } },
    );
  } catch (error) {
    throw new ValueError({
      code: "value_not_storable",
      message: `The value cannot be stored: ${describe(error)}.`,
      cause: error,
    });
  }
}

/** The inverse of `structuredToText`; throws a `SyntaxError` or another error for text that it did not write. */
export function textToStructured(text: string): unknown {
  return parse(
    text,
    { Error: reviveError, Blob: reviveBlob },
    { operations: { set } },
  );
}

function describe(error: unknown): string {
  if (error instanceof DevalueError) {
    const place = error.path ? `at ${error.path.replace(/^\./, "")}: ` : "";
    return `${place}${error.message.replace(/^Cannot stringify/, "there is no storing")}`;
  }
  if (error instanceof RangeError) return "it is nested too deeply";
  return error instanceof Error ? error.message : String(error);
}

function readBlob(blob: Blob): Promise<ArrayBuffer> {
  const reading = blob.arrayBuffer();
  readings.add(reading);
  return reading;
}

function isReading(value: object): boolean {
  return readings.has(value);
}

/**
 * A view on a part of a buffer is stored as its own bytes, where a structured clone takes the whole buffer: the bytes
 * around it may be someone else's (a pool), and would cost room.
 */
function viewInfo(view: ArrayBufferView & { readonly length?: number }) {
  const { byteOffset, byteLength } = view;
  const isWhole = byteLength === view.buffer.byteLength;
  const buffer = isWhole
    ? view.buffer
    : view.buffer.slice(byteOffset, byteOffset + byteLength);
  return {
    buffer,
    byteOffset: 0,
    byteLength,
    length: view.length ?? byteLength,
    bufferByteLength: byteLength,
  };
}

/** As structured clone does: an instance of a class becomes a plain object of its own properties, symbols left out. */
function shapeOf(value: object) {
  const prototype = Object.getPrototypeOf(value);
  const isPlain =
    prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain && Object.prototype.toString.call(value) !== "[object Object]")
    return { kind: "not-plain" as const };
  return { kind: "plain" as const, keys: Object.keys(value).map(escapeName) };
}

// devalue refuses a property named `__proto__`; a structured clone keeps it, as JSON does, as an own property.
const escapedName = /^~*__proto__$/;

function escapeName(name: string): string {
  return escapedName.test(name) ? `~${name}` : name;
}

function unescapeName(name: string): string {
  return escapedName.test(name) ? name.slice(1) : name;
}

type Container = Record<string | number, unknown>;

function get(container: Container, name: string | number): unknown {
  return container[typeof name === "string" ? unescapeName(name) : name];
}

function set(
  container: Container,
  name: string | number,
  value: unknown,
): void {
  const key = typeof name === "string" ? unescapeName(name) : name;
  // Plain assignment is faster, but to this one name it would set the prototype.
  if (key === "__proto__")
    Object.defineProperty(container, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  else container[key] = value;
}
