/** The client library's public entry. What a program does not import costs it nothing: the serializer comes with `createClient` alone. */
export type {
  ByteClient,
  Client,
  ClientOptions,
  KeysOptions,
  PutBytesOptions,
  PutOptions,
  ReadOptions,
  RemoveOptions,
  RequestOptions,
  StoredBytes,
  StoredHead,
  StoredValue,
  WriteOptions,
  Written,
} from "./api.ts";
export { createByteClient } from "./byte-client.ts";
export type { ChangeOptions } from "./change-request.ts";
export {
  ConditionFailedError,
  type FailedAttempt,
  OutcomeUnknownError,
  RingwalkError,
  UnauthorizedError,
  UnavailableError,
  UnreachableError,
  ValueError,
  WrongRingError,
} from "./errors.ts";
export type { NodePolicy } from "./node-list.ts";
export type { ChangeReport, MemberStatus, RingStatus } from "./status.ts";
export { createClient } from "./value-client.ts";
