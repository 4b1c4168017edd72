/** The bodies of the API by name: of requests the schemas by which they are read, of answers those that tests hold them to. */
import * as v from "valibot";
import {
  idSchema,
  type SchemaOf,
  timeSchema,
  wholeSchema,
} from "../../core/codec.ts";
import type { Settings } from "../../core/layout.ts";
import { memberSchema, settingsSchema } from "../../core/layout-codec.ts";
import { rights } from "../../core/token.ts";
import type { ChangeReport, KeyPage, NodeStatus } from "../../node/api.ts";
import type { KeyHolders } from "../../node/holders.ts";
import type {
  MemberVitals,
  RingTable,
  RingView,
} from "../../node/ring-view.ts";
import type { CreatedToken, TokenInfo } from "../../node/tokens.ts";
import { lineSchema } from "../bulk-operation.ts";
import { readJoinJson } from "../join-body.ts";
import { readOperation } from "../operation-json.ts";
import { readAddition, readRemoval, readSettings } from "../ring-routes.ts";
import type { SelfStatus } from "../self-status.ts";
import { statusOfCode } from "../status.ts";
import { readToken } from "../token-routes.ts";
import type { ValueFields } from "../value-fields.ts";

const code = v.picklist(Object.keys(statusOfCode));

const problem = v.object({
  status: wholeSchema,
  code,
  requestId: v.exactOptional(v.string()),
  detail: v.string(),
  details: v.exactOptional(v.record(v.string(), v.unknown())),
});

const valueFields = {
  etag: v.string(),
  value: v.exactOptional(v.string()),
  base64: v.exactOptional(v.string()),
  contentType: v.exactOptional(v.string()),
  metadata: v.exactOptional(v.record(v.string(), v.unknown())),
  ttl: v.exactOptional(wholeSchema),
};
const value = v.object(valueFields) satisfies SchemaOf<ValueFields>;

const keyPage = v.object({
  keys: v.array(v.string()),
  cursor: v.exactOptional(v.string()),
}) satisfies SchemaOf<KeyPage>;

const bulkResult = v.object({
  line: v.pipe(v.number(), v.integer(), v.minValue(1)),
  status: wholeSchema,
  ...v.partial(value).entries,
  value: v.exactOptional(v.union([v.string(), v.number()])),
  consistency: v.exactOptional(v.literal("eventual")),
  bound: v.exactOptional(v.string()),
  ...v.partial(v.omit(problem, ["status"])).entries,
});

const listingLine = v.union([
  v.object({ key: v.string(), ...v.partial(value).entries }),
  v.object({ cursor: v.string() }),
  v.object({ end: v.literal(true) }),
  v.object({ ...problem.entries, cursor: v.exactOptional(v.string()) }),
]);

const count = v.object({ value: v.number() });

const changeReport = v.object({
  epoch: wholeSchema,
  members: v.array(v.string()),
  isComplete: v.boolean(),
  partitionsLeft: v.exactOptional(wholeSchema),
  partitionsInDoubt: v.exactOptional(v.array(wholeSchema)),
}) satisfies SchemaOf<ChangeReport>;

/** What is told of the status: all but the hash seed. */
type Told = Omit<NodeStatus, "settings"> & {
  readonly settings: Omit<Settings, "hashSeed">;
};

const member = v.object({
  ...memberSchema.entries,
  isSelf: v.boolean(),
  health: v.picklist(["self", "ok", "suspected", "displaced", "store-failing"]),
  partitionsAsPrimary: wholeSchema,
  partitions: wholeSchema,
});

const statusFields = {
  name: v.string(),
  ringId: idSchema,
  epoch: wholeSchema,
  phase: v.picklist(["stable", "joint"]),
  settings: v.omit(settingsSchema, ["hashSeed"]),
  members: v.array(member),
  systemMembers: v.array(v.string()),
  progress: v.exactOptional(
    v.object({
      partitionsDone: wholeSchema,
      partitionsTotal: wholeSchema,
      keysCopied: wholeSchema,
    }),
  ),
  importing: v.exactOptional(v.object({ keysImported: wholeSchema })),
  recordsLost: v.exactOptional(wholeSchema),
  activity: v.picklist(["none", "joining", "leaving", "importing", "removed"]),
  storeFailure: v.exactOptional(
    v.object({
      code: v.string(),
      message: v.string(),
      failureCount: wholeSchema,
      lastFailedAt: v.number(),
    }),
  ),
  unreadableRecords: wholeSchema,
  unreadableFloors: v.exactOptional(v.array(wholeSchema)),
  isEven: v.boolean(),
};
const status = v.object({
  ...statusFields,
  software: v.string(),
  now: v.number(),
  diskFreeBytes: v.exactOptional(v.number()),
}) satisfies SchemaOf<Told & SelfStatus>;

const vitals = v.object({
  records: wholeSchema,
  bytes: wholeSchema,
  partitionsCounted: wholeSchema,
  operationsPerSecond: v.exactOptional(v.number()),
  latencyMs: v.exactOptional(v.number()),
  problem: v.exactOptional(v.string()),
}) satisfies SchemaOf<MemberVitals>;

const ringView = v.object({
  ...statusFields,
  vitals: v.record(v.string(), vitals),
  joining: v.array(v.string()),
  leaving: v.array(v.string()),
}) satisfies SchemaOf<Omit<RingView, "settings"> & Pick<Told, "settings">>;

const rows = v.array(v.array(wholeSchema));
const ringTable = v.object({
  epoch: wholeSchema,
  members: v.array(v.string()),
  partitions: rows,
  next: v.exactOptional(rows),
}) satisfies SchemaOf<RingTable>;

const keyHolders = v.object({
  partition: wholeSchema,
  partitionCount: wholeSchema,
  holders: v.array(
    v.object({
      member: v.string(),
      role: v.picklist(["primary", "replica", "joining", "leaving"]),
      holds: v.picklist(["value", "absent", "nothing", "unknown"]),
      revision: v.exactOptional(v.string()),
      accepted: v.exactOptional(v.string()),
      reason: v.exactOptional(v.string()),
    }),
  ),
}) satisfies SchemaOf<KeyHolders>;

const tokenInfo = v.object({
  id: v.string(),
  name: v.string(),
  rights: v.array(v.picklist(rights)),
  prefix: v.exactOptional(v.string()),
  createdAt: timeSchema,
  expiresAt: v.exactOptional(timeSchema),
}) satisfies SchemaOf<TokenInfo>;

const createdToken = v.object({
  ...tokenInfo.entries,
  token: v.string(),
}) satisfies SchemaOf<CreatedToken>;

/** Names are those of the document's components. */
export const schemas = {
  Code: code,
  Problem: problem,
  PatchOperation: readOperation.schema,
  Count: count,
  BulkOperation: lineSchema,
  BulkResult: bulkResult,
  KeyPage: keyPage,
  ListingLine: listingLine,
  Value: value,
  Nothing: v.strictObject({}),
  JoinBody: readJoinJson.schema,
  Removal: readRemoval.schema,
  SettingsChange: readSettings.schema,
  ChangeReport: changeReport,
  Status: status,
  RingView: ringView,
  RingTable: ringTable,
  KeyHolders: keyHolders,
  Addition: readAddition.schema,
  TokenRequest: readToken.schema,
  CreatedToken: createdToken,
  TokenList: v.object({ tokens: v.array(tokenInfo) }),
} satisfies Readonly<Record<string, v.GenericSchema>>;

/** What a body or an event may be said to be: a name without a schema does not compile. */
export type SchemaName = keyof typeof schemas;
