/**
 * The formats, byte for byte: records on disk and messages on the wire outlive the code that wrote them. A change shows
 * as a diff of test/golden/formats.txt, which `npx vitest run test/core/golden.test.ts -u` writes anew; the version of a
 * format is raised with whatever an older node could not read.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeRegister, encodeRegister } from "../../src/core/codec.ts";
import {
  decodeGreeting,
  encodeGreeting,
} from "../../src/core/greeting-codec.ts";
import { decodeLayout, encodeLayout } from "../../src/core/layout-codec.ts";
import type {
  Greeting,
  PeerAnswer,
  PeerBatch,
  PeerRequest,
} from "../../src/core/message.ts";
import {
  decodeAnswer,
  decodeBatch,
  encodeAnswer,
  encodeBatch,
} from "../../src/core/message-codec.ts";
import { type Register, registerEmpty } from "../../src/core/register.ts";
import {
  decodeTokenRecord,
  encodeTokenRecord,
  type TokenRecord,
} from "../../src/core/token.ts";
import {
  answers,
  changes,
  entry,
  layout,
  operations,
  replies,
  requests,
  tombstone,
} from "./examples.ts";
import { memberOf } from "./layouts.ts";

const path = new URL("../golden/formats.txt", import.meta.url);

interface Golden {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function register(name: string, value: Register): Golden {
  return {
    name: `register ${name}`,
    value,
    bytes: encodeRegister(value),
    decode: decodeRegister,
  };
}

function batch(
  name: string,
  request: PeerRequest,
  more: Partial<PeerBatch> = {},
): Golden {
  const value: PeerBatch = {
    ringId: "ring",
    epoch: 4,
    to: "member",
    requests: [request],
    ...more,
  };
  return { name, value, bytes: encodeBatch(value), decode: decodeBatch };
}

function answer(name: string, value: PeerAnswer): Golden {
  return { name, value, bytes: encodeAnswer(value), decode: decodeAnswer };
}

const { revision } = entry;
const token: TokenRecord = {
  name: "shop",
  rights: ["read", "write"],
  prefix: "shop/",
  createdAt: 1_000,
  expiresAt: 2_000,
  digest: new Uint8Array(32).fill(7),
};
const greeting: Greeting = { versions: [1, 1], layout, self: memberOf("a") };

const goldens: readonly Golden[] = [
  register("empty", registerEmpty),
  register("value", { promised: revision, accepted: revision, entry }),
  register("tombstone", {
    promised: revision,
    accepted: revision,
    entry: tombstone,
  }),
  {
    name: "layout",
    value: layout,
    bytes: encodeLayout(layout),
    decode: decodeLayout,
  },
  {
    name: "token",
    value: token,
    bytes: encodeTokenRecord(token),
    decode: decodeTokenRecord,
  },
  {
    name: "greeting",
    value: greeting,
    bytes: encodeGreeting(greeting),
    decode: decodeGreeting,
  },
  batch("batch with a layout and a process", requests.ping, {
    layout,
    process: "process",
  }),
  ...Object.entries(requests).map(([kind, request]) =>
    batch(`request ${kind}`, request),
  ),
  ...Object.entries(operations).map(([kind, operation]) =>
    batch(`operation ${kind}`, { ...requests.execute, operation }),
  ),
  ...Object.entries(changes).map(([kind, change]) =>
    batch(`change ${kind}`, { kind: "propose", change }),
  ),
  ...Object.entries(replies).map(([kind, reply]) =>
    answer(`reply ${kind}`, { kind: "replies", replies: [reply] }),
  ),
  ...Object.entries(answers).map(([kind, value]) =>
    answer(`answer ${kind}`, value),
  ),
];

function hexOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return (hex.match(/.{1,96}/g) ?? []).map((line) => `  ${line}\n`).join("");
}

describe("the formats", () => {
  test("are written as they always were", async () => {
    const text = goldens.map(({ name, bytes }) => `${name}\n${hexOf(bytes)}`);
    await expect(text.join("")).toMatchFileSnapshot(path.pathname);
  });

  test("are read as they always were", () => {
    const texts = readFileSync(path, "utf8").split(/^(?=\S)/m);
    const stored = new Map(
      texts.map((text) => {
        const [name = "", ...lines] = text.split("\n");
        return [
          name,
          Uint8Array.from(
            Buffer.from(lines.join("").replaceAll(" ", ""), "hex"),
          ),
        ];
      }),
    );
    expect([...stored.keys()]).toEqual(goldens.map(({ name }) => name));
    for (const { name, value, decode } of goldens)
      expect(decode(stored.get(name) ?? new Uint8Array()), name).toMatchObject(
        value as object,
      );
  });
});
