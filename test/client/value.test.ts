/** What `set` stores and `get` gives back: a structured clone of every value. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValueError } from "../../src/client/errors.ts";
import { decodeValue, encodeValue } from "../../src/client/value.ts";

async function roundTrip(value: unknown): Promise<unknown> {
  const { bytes, contentType } = await encodeValue(value);
  return decodeValue(bytes, contentType);
}

async function storedText(value: unknown): Promise<string> {
  return new TextDecoder().decode((await encodeValue(value)).bytes);
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
  maxDepth: 4,
});

describe("a value comes back as its structured clone", () => {
  test("whatever it is made of", async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        expect(await roundTrip(value)).toStrictEqual(structuredClone(value));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["NaN", Number.NaN],
    ["-0", -0],
    ["Infinity", Number.NEGATIVE_INFINITY],
    ["a bigint", 2n ** 70n],
    ["an empty string", ""],
    ["a lone surrogate", "a\ud800b"],
    ["a byte order mark", "\ufeffa"],
    ["a date", new Date(1e12)],
    ["an invalid date", new Date(Number.NaN)],
    ["a regular expression", /a\/b</giu],
    ["a map of maps", new Map([[new Map([[1, 2]]), new Set([[], {}])]])],
    ["a sparse array", Object.assign([], { 3: 1, length: 1e6 })],
    ["a hole", Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ["bytes", new Uint8Array([0, 128, 255])],
    ["no bytes", new Uint8Array()],
    ["an array buffer", new Uint8Array([1, 2, 3]).buffer],
    ["a data view", new DataView(new Uint8Array([1, 2, 3]).buffer)],
    ["floats", new Float32Array([1.5, Number.NaN, -0])],
    ["big integers", new BigInt64Array([-1n, 2n ** 62n])],
    ["a property named __proto__", JSON.parse('{"__proto__": {"a": 1}}')],
    ["the same among others", [new Map(), JSON.parse('{"__proto__": 1}')]],
    ["names that look escaped", [new Map(), { "~__proto__": 1, "~~a": 2 }]],
    ["boxed", [Object(1), Object("a"), Object(false), Object(1n)]],
    ["arrays in objects", { a: [{ b: null, c: "x" }], d: {} }],
  ])("%s", async (_, value) => {
    expect(await roundTrip(value)).toStrictEqual(structuredClone(value));
  });

  test("cycles and shared parts keep their shape", async () => {
    const shared = { name: "shared" };
    const value: Record<string, unknown> = { a: shared, b: [shared, shared] };
    value.self = value;
    value.map = new Map([[value, new Set([value])]]);
    const back = (await roundTrip(value)) as typeof value;
    expect(back.self).toBe(back);
    expect((back.b as unknown[])[1]).toBe(back.a);
    const [[key, set] = []] = back.map as Map<unknown, Set<unknown>>;
    expect(key).toBe(back);
    expect(set?.has(back)).toBe(true);
  });

  test("views of one whole buffer share it again", async () => {
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    const back = (await roundTrip({
      a: new Uint8Array(buffer),
      b: new Uint16Array(buffer),
    })) as { a: Uint8Array; b: Uint16Array };
    expect(back.b.buffer).toBe(back.a.buffer);
  });

  test("an instance of a class becomes a plain object without its symbols and accessors of the prototype", async () => {
    const hidden: unique symbol = Symbol("hidden");
    class Point {
      x = 1;
      [hidden] = 2;
      get double() {
        return this.x * 2;
      }
    }
    const back = await roundTrip({ at: new Date(0), point: new Point() });
    expect(back).toStrictEqual({ at: new Date(0), point: { x: 1 } });
  });
});

describe("a view on a part of a buffer", () => {
  test("is stored without the bytes around it", async () => {
    const { buffer } = new TextEncoder().encode("secret-public-secret");
    const view = new Uint8Array(buffer, 7, 6);
    const back = (await roundTrip([view])) as [Uint8Array];
    expect(back[0]).toStrictEqual(new TextEncoder().encode("public"));
    expect(back[0].buffer.byteLength).toBe(6);
    expect(await storedText(view)).toBe("public");
    const small = await storedText({ view: new DataView(buffer, 7, 6) });
    expect(small).toContain(btoa("public"));
    expect(small.length).toBeLessThan(80);
  });
});

describe("errors", () => {
  test.each([
    new Error("plain"),
    new TypeError("typed"),
    new RangeError("with cause", { cause: { code: 5 } }),
    new Error("nested", { cause: new SyntaxError("inner") }),
  ])("%s keeps class, message, stack and cause", async (error) => {
    const back = (await roundTrip(error)) as Error;
    const clone = structuredClone(error);
    expect(back).toStrictEqual(clone);
    expect(back.constructor).toBe(clone.constructor);
    expect(back.stack).toBe(error.stack);
    expect(Object.keys(back)).toEqual([]);
  });

  test("one that causes itself", async () => {
    const error: Error & { cause?: unknown } = new TypeError("round");
    error.cause = { of: new Map([["it", error]]) };
    const back = (await roundTrip([error, error])) as (typeof error)[];
    const cause = back[0]?.cause as { of: Map<string, unknown> };
    expect(back[1]).toBe(back[0]);
    expect(cause.of.get("it")).toBe(back[0]);
    expect(back[0]).toBeInstanceOf(TypeError);
  });

  test("an aggregate keeps its errors, and a name of one's own stays", async () => {
    const own = Object.assign(new Error("c"), { name: "OwnError" });
    const back = (await roundTrip(
      new AggregateError([new Error("a"), own], "all"),
    )) as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.message).toBe("all");
    expect(back.errors.map((error) => String(error))).toEqual([
      "Error: a",
      "OwnError: c",
    ]);
  });
});

test("blobs and files keep bytes, type, name and date", async () => {
  const file = new File(["b"], "b.txt", { type: "text/x", lastModified: 5 });
  const blob = new Blob([new Uint8Array([0, 255])], { type: "image/png" });
  const back = (await roundTrip({ blob, again: blob, file })) as {
    blob: Blob;
    again: Blob;
    file: File;
  };
  expect(back.blob.type).toBe("image/png");
  expect(await back.blob.bytes()).toStrictEqual(new Uint8Array([0, 255]));
  expect(back.again).toBe(back.blob);
  expect(back.blob).not.toBeInstanceOf(File);
  const { name, type, lastModified } = back.file;
  expect({ name, type, lastModified }).toEqual({
    name: "b.txt",
    type: "text/x",
    lastModified: 5,
  });
  expect(await back.file.text()).toBe("b");
});

test.each([
  ["a function", { a: [() => 1] }, "a[0]"],
  ["a symbol", new Map([["k", Symbol("s")]]), 'get("k")'],
  ["a weak map", [new WeakMap()], "[0]"],
  ["a promise", { later: Promise.resolve(1) }, "later"],
  ["shared memory", { m: new SharedArrayBuffer(1) }, "m"],
])("%s is refused, and its place named", async (_, value, place) => {
  const error = await encodeValue(value).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ValueError);
  expect(error).toMatchObject({ code: "value_not_storable" });
  expect(String(error)).toContain(`at ${place}:`);
});

test("what is nested too deeply is refused", async () => {
  let deep: unknown[] = [];
  for (let depth = 0; depth < 1e5; depth++) deep = [deep];
  await expect(encodeValue(deep)).rejects.toThrow(/nested too deeply/);
});

describe("the stored form", () => {
  test.each([
    ["hello", "text/plain;charset=utf-8", "hello"],
    [new Uint8Array([104, 105]), "application/octet-stream", "hi"],
    [{ a: [1, null] }, "application/json", '{"a":[1,null]}'],
    [true, "application/json", "true"],
  ])("of %j can be read by everyone", async (value, contentType, text) => {
    const encoded = await encodeValue(value);
    expect(encoded.contentType).toBe(contentType);
    expect(new TextDecoder().decode(encoded.bytes)).toBe(text);
  });

  // Frozen: stored values must be readable by every later release.
  test.each([
    [undefined, "-1"],
    [{ a: undefined }, '[{"a":-1}]'],
    [new Date(0), '[["Date","1970-01-01T00:00:00.000Z"]]'],
    [new Map([[1, new Set([2n])]]), '[["Map",1,2],1,["Set",3],["BigInt","2"]]'],
    [/a/g, '[["RegExp","a","g"]]'],
    [[new Uint8Array([1, 2])], '[[1],["Uint8Array",2],["ArrayBuffer","AQI="]]'],
    [
      Object.assign(new TypeError("m"), { stack: "s" }),
      '[["Error",1],{"name":2,"message":3,"stack":4},"TypeError","m","s"]',
    ],
    [
      [new Blob(["x"], { type: "t/x" })],
      '[[1],["Blob",2],{"type":3,"content":4},"t/x",["ArrayBuffer","eA=="]]',
    ],
    [[JSON.parse('{"__proto__":-0}')], '[[1],{"~__proto__":-6}]'],
  ])("of %o is as it has ever been", async (value, text) => {
    const encoded = await encodeValue(value);
    expect(new TextDecoder().decode(encoded.bytes)).toBe(text);
    expect(encoded.contentType).toBe(
      "application/vnd.ringwalk.devalue+json;version=1",
    );
  });
});

describe("what others wrote is decoded by its content type", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text);

  test.each([
    ["text/html; charset=UTF-8", "<p>ü", "<p>ü"],
    ["application/json; charset=utf-8", '{"a":1}', { a: 1 }],
    ["application/ld+json", "[1]", [1]],
    ["application/x-www-form-urlencoded", "a=1&b", "a=1&b"],
    ["image/png", "x", bytesOf("x")],
    [undefined, "x", bytesOf("x")],
  ])("%s", (contentType, text, value) => {
    expect(decodeValue(bytesOf(text), contentType)).toStrictEqual(value);
  });

  test("a charset is followed", () => {
    const latin = new Uint8Array([0xfc]);
    expect(decodeValue(latin, 'text/plain; charset="ISO-8859-1"')).toBe("ü");
  });

  test.each([
    ["application/json", "{"],
    ["text/plain; charset=none-such", "a"],
    ["application/vnd.ringwalk.devalue+json;version=2", "[1]"],
    ["application/vnd.ringwalk.devalue+json", "[[7]]"],
    ["application/vnd.ringwalk.devalue+json", '[["Error",1],5]'],
    ["application/vnd.ringwalk.devalue+json", '[["Blob",1],{"type":0}]'],
    ["application/vnd.ringwalk.devalue+json", '[["Function",1],"x"]'],
  ])("%s that it is not: %s", (contentType, text) => {
    expect(() => decodeValue(bytesOf(text), contentType)).toThrow(ValueError);
  });

  test("any bytes under our type give a value or a ValueError, nothing else", () => {
    const form = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.anything()).map((parts) => JSON.stringify(parts)),
    );
    fc.assert(
      fc.property(form, (text) => {
        try {
          decodeValue(bytesOf(text), "application/vnd.ringwalk.devalue+json");
        } catch (error) {
          expect(error).toBeInstanceOf(ValueError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
