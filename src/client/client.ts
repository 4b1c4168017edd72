/** The client library's public entry. What a program does not import costs it nothing: the serializer comes with `createClient` alone. */
export type {
  ByteClient,
  Client,
  ClientOptions,
  Counted,
  EntriesOptions,
  IncrementOptions,
  KeysOptions,
  Lock,
  LockOptions,
  ManyOptions,
  ManyPutOptions,
  ManyReadOptions,
  Metadata,
  PutBytesOptions,
  PutOptions,
  ReadOptions,
  RemoveOptions,
  RequestOptions,
  StoredBytes,
  StoredHead,
  StoredValue,
  TouchOptions,
  UpdateOptions,
  WatchOptions,
  WriteOptions,
  Written,
} from "./api.ts";
export { createByteClient } from "./byte-client.ts";
export type { ChangeOptions } from "./change-request.ts";
export { entries } from "./entries.ts";
export {
  ConditionFailedError,
  type FailedAttempt,
  LockLostError,
  OutcomeUnknownError,
  PartialFailureError,
  RingwalkError,
  UnauthorizedError,
  UnavailableError,
  UnreachableError,
  ValueError,
  WrongRingError,
} from "./errors.ts";
export { lock } from "./lock.ts";
export { type BytesToPut, deleteMany, getMany, putMany } from "./many.ts";
export type { NodePolicy } from "./node-list.ts";
export { compareRevisions } from "./revision.ts";
export type { ChangeReport, MemberStatus, RingStatus } from "./status.ts";
export { update } from "./update.ts";
export { createClient } from "./value-client.ts";
export { watch } from "./watch-values.ts";
