/** Layouts as bytes (format 1): what travels to peers and what a node keeps in its store. */
import * as v from "valibot";
import { idSchema, pack, parse, type SchemaOf, wholeSchema } from "./codec.ts";
import type {
  Assignment,
  Layout,
  Member,
  Replica,
  Settings,
} from "./layout.ts";
import {
  memberCountMax,
  nameCharactersMax,
  partitionCountMax,
  replicaCountMax,
  valueBytesMax,
} from "./limits.ts";

const layoutVersion = 1;
const count = (max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const word = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 32 - 1),
);

/** The bounds of settings; what a node is configured to found a ring with is held to them too. */
export const settingsSchema = v.object({
  consistency: v.picklist(["linearizable", "eventual"]),
  partitionCount: count(partitionCountMax),
  replicaCount: count(replicaCountMax),
  hashSeed: v.object({ low: word, high: word }),
  valueBytesMax: count(valueBytesMax),
}) satisfies SchemaOf<Settings>;

const nameSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(nameCharactersMax),
  v.regex(/^[^\s\p{Cc}]+$/u),
);
const urlSchema = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.regex(/^https?:\/\//),
);

/** The bounds of a member; a node's own name, url, zone and weight are held to them before it starts. */
export const memberSchema = v.object({
  id: idSchema,
  name: nameSchema,
  url: urlSchema,
  zone: v.exactOptional(nameSchema),
  weight: v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e6)),
  guarantee: v.picklist(["durable", "volatile", "eventual"]),
  versions: v.strictTuple([wholeSchema, wholeSchema]),
}) satisfies SchemaOf<Member>;

/** Members by index keep the table small: a row holds, for each replica in turn, its member's index and its `since`. */
const sideEntries = {
  settings: settingsSchema,
  members: v.pipe(
    v.array(memberSchema),
    v.minLength(1),
    v.maxLength(memberCountMax + 1),
  ),
  system: v.pipe(v.array(idSchema), v.minLength(1)),
  table: v.array(v.array(wholeSchema)),
};
const sideSchema = v.object(sideEntries);

const packedSchema = v.object({
  version: v.literal(layoutVersion),
  ringId: idSchema,
  epoch: wholeSchema,
  ...sideEntries,
  next: v.exactOptional(
    v.object({ ...sideEntries, joining: v.array(idSchema) }),
  ),
});

/**
 * Reads what `packLayout` made; refuses a table, or a system, that does not fit the members and the partition count.
 */
export const layoutSchema: SchemaOf<Layout> = v.pipe(
  packedSchema,
  v.rawTransform(({ dataset, addIssue, NEVER }): Layout => {
    const { ringId, epoch, next } = dataset.value;
    const side = assignmentOf(dataset.value);
    const nextSide = next && assignmentOf(next);
    if (!side || (next && !nextSide)) {
      addIssue({ message: "the table does not fit the members" });
      return NEVER;
    }
    if (!next || !nextSide) return { ringId, epoch, phase: "stable", ...side };
    const joining = { ...nextSide, joining: next.joining };
    return { ringId, epoch, phase: "joint", ...side, next: joining };
  }),
);

/** Absent when the table has not a row for each partition, or names members that are not there, or the system does. */
function assignmentOf(
  side: v.InferOutput<typeof sideSchema>,
): Assignment | undefined {
  const { settings, members, system, table: rows } = side;
  if (rows.length !== settings.partitionCount) return undefined;
  if (!system.every((id) => members.some((m) => m.id === id))) return undefined;
  const table: (readonly Replica[])[] = [];
  // Most partitions share their row with others of the founding layout: equal rows become one object.
  const known = new Map<string, readonly Replica[]>();
  for (const row of rows) {
    const text = row.join();
    const replicas = known.get(text) ?? replicasOfRow(row, members);
    if (!replicas) return undefined;
    known.set(text, replicas);
    table.push(replicas);
  }
  return { settings, members, system, table };
}

function replicasOfRow(
  row: readonly number[],
  members: readonly Member[],
): readonly Replica[] | undefined {
  const replicas: Replica[] = [];
  for (let at = 0; at < row.length; at += 2) {
    const member = members[row[at] ?? -1];
    const since = row[at + 1];
    if (!member || since === undefined) return undefined;
    if (replicas.some(({ id }) => id === member.id)) return undefined;
    replicas.push({ id: member.id, since });
  }
  return replicas.length > 0 ? replicas : undefined;
}

/** The layout as it is embedded in messages; `layoutSchema` reads it back. */
export function packLayout(layout: Layout): unknown {
  const { ringId, epoch, next } = layout;
  return {
    version: layoutVersion,
    ringId,
    epoch,
    ...packSide(layout),
    next: next && { ...packSide(next), joining: next.joining },
  };
}

function packSide({ settings, members, system, table }: Assignment) {
  const indexOf = new Map(members.map(({ id }, index) => [id, index]));
  const row = (replicas: readonly Replica[]) =>
    replicas.flatMap(({ id, since }) => [indexOf.get(id), since]);
  return { settings, members, system, table: table.map(row) };
}

/** The value of the register that decides an epoch's layout; `decodeLayout` reads it back. */
export function encodeLayout(layout: Layout): Uint8Array<ArrayBuffer> {
  return pack(packLayout(layout));
}

/** Absent when the bytes are not a valid layout of a known format. */
export function decodeLayout(bytes: Uint8Array): Layout | undefined {
  return parse(layoutSchema, bytes);
}
