/** docs/PROTOCOL.md against the code: messages, fields, codes, vectors. */
import { describe, expect, test } from "vitest";
import {
  addToDigest,
  digestEmpty,
  formatDigest,
} from "../../src/core/digest.ts";
import { partitionOf, point } from "../../src/core/hash.ts";
import {
  protocolVersion,
  protocolVersionLowest,
} from "../../src/core/message.ts";
import { encodeAnswer, encodeBatch } from "../../src/core/message-codec.ts";
import { statusOfCode } from "../../src/http/status.ts";
import { encodeName } from "../../src/store/name.ts";
import { fencesOf, page, rowsOf } from "./markdown.ts";
import { fieldsOf, type Kind, kindsOf } from "./source-types.ts";

const protocol = page("docs/PROTOCOL.md");
const rows = rowsOf(protocol);

/** The rows that begin with this name: a request and an operation may have the same. */
function rowsWith(name: string): string {
  const found = rows.filter(([first]) => first === `\`${name}\``);
  return found.flat().join(" | ");
}

/** Whether the text names the field, as a word. */
function tells(text: string, field: string): boolean {
  return new RegExp(`\\b${field}\\b`).test(text);
}

const message = "src/core/message.ts";

function untold({ kind, fields }: Kind): readonly string[] {
  const row = rowsWith(kind);
  if (row === "") return [`no row for ${kind}`];
  return fields
    .filter((field) => !tells(row, field))
    .map((field) => `${kind}: ${field}`);
}

describe("every message has its row", () => {
  test.each([
    ["requests", kindsOf(message, "PeerRequest")],
    ["replies", kindsOf(message, "PeerReply")],
    ["answers", kindsOf(message, "PeerAnswer")],
    ["outcomes of a forward", kindsOf(message, "ExecuteOutcome")],
    ["operations", kindsOf("src/core/operation.ts", "Operation")],
  ])("%s, with their fields", (_, kinds) => {
    expect(kinds.flatMap(untold)).toEqual([]);
  });

  test.each([
    ["answers of an operation", kindsOf("src/core/operation.ts", "Answer")],
    ["changes", kindsOf("src/core/layout-change.ts", "LayoutChange")],
  ])("%s are named", (_, kinds) => {
    const names = kinds.flatMap(({ kind, fields }) => [kind, ...fields]);
    expect(
      names.filter((name) => !protocol.text.includes(`\`${name}`)),
    ).toEqual([]);
  });

  test.each([
    [message, "PeerBatch"],
    [message, "ListedKey"],
    [message, "Progress"],
    [message, "Greeting"],
    ["src/core/ballot.ts", "Ballot"],
    ["src/core/entry.ts", "Entry"],
    ["src/core/memory-format.ts", "DecidedOperation"],
    ["src/core/memory.ts", "Memory"],
    ["src/core/register.ts", "Register"],
    ["src/core/errors.ts", "RingError"],
    ["src/core/layout.ts", "Settings"],
    ["src/core/layout.ts", "Member"],
    ["src/core/layout.ts", "Replica"],
    ["src/core/layout.ts", "Assignment"],
    ["src/core/layout.ts", "NextAssignment"],
    ["src/core/operation.ts", "Conditions"],
  ])("the fields of %s %s are told", (path, type) => {
    const missing = fieldsOf(path, type).filter(
      (field) => !tells(protocol.text, field),
    );
    expect(missing).toEqual([]);
  });
});

test("versions are told", () => {
  const [, version, lowest] =
    /`version` of messages is (\d+), the lowest that is understood is (\d+)/.exec(
      protocol.text,
    ) ?? [];
  expect([Number(version), Number(lowest)]).toEqual([
    protocolVersion,
    protocolVersionLowest,
  ]);
});

test("every error code is told with its status, and no other", () => {
  const told = rows.flatMap(([code = "", status = ""]) => {
    const [, name] = /^`([a-z_]+)`$/.exec(code) ?? [];
    return name !== undefined && /^\d{3}$/.test(status)
      ? [[name, Number(status)]]
      : [];
  });
  expect(Object.fromEntries(told)).toEqual(statusOfCode);
});

describe("vectors", () => {
  test("of a batch and its answer", () => {
    const hexadecimal = fencesOf(protocol)
      .flatMap(({ lines }) => lines)
      .filter((line) => /^[0-9a-f]{40,}$/.test(line));
    const requests = [{ kind: "ping" }] as const;
    const replies = [{ kind: "pong" }] as const;
    expect(hexadecimal).toEqual(
      [
        encodeBatch({ ringId: "R", epoch: 5, to: "M", requests }),
        encodeAnswer({ kind: "replies", replies }),
      ].map((bytes) => Buffer.from(bytes).toString("hex")),
    );
  });

  test("of points, partitions and stored names", () => {
    const seed = { low: 0x03020100, high: 0x07060504 };
    const told = rows.filter(([, at]) => /^0x[0-9a-f]{8}$/.test(at ?? ""));
    expect(told).toHaveLength(3);
    for (const [code = "", ...cells] of told) {
      const key = code.slice(1, -1);
      const at = point(key, seed);
      expect(cells).toEqual([
        `0x${at.toString(16).padStart(8, "0")}`,
        String(partitionOf(at, 1024)),
        `\`${encodeName(key)}\``,
      ]);
    }
  });

  test("of a digest", () => {
    const accepted = { epoch: 5, counter: 7, proposer: "P" };
    const digest = formatDigest(
      addToDigest(digestEmpty, "k-greeting", accepted),
    );
    expect(protocol.text.replace(/\s+/g, " ")).toContain(
      `accepted at \`5-7-P\` alone: \`${digest}\``,
    );
  });
});

test("a field that no row tells is found", () => {
  expect(untold({ kind: "ping", fields: ["colour"] })).toEqual([
    "ping: colour",
  ]);
  expect(untold({ kind: "nothing", fields: [] })).toEqual([
    "no row for nothing",
  ]);
});
