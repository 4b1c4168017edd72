/** How an operation of the HTTP API is described: the data of which the OpenAPI document is made. */
import type * as v from "valibot";
import type { ProblemCode } from "../status.ts";
import type { AnswerHeader, RequestHeader } from "./headers.ts";
import type { SchemaName } from "./schemas.ts";

/** As OpenAPI writes them; HEAD comes with a GET (`Operation.hasHead`). */
export type Method = "get" | "put" | "post" | "patch" | "delete";

/** Bodies without a schema of ours: any text, an array of keys, an OpenAPI document. */
export type Plain = "text" | "keys" | "document";

/** A body of one media type. */
export interface Content {
  /** Absent: any bytes. Of `application/x-ndjson` it is the schema of a line. */
  readonly schema?: SchemaName | Plain;
  readonly description?: string;
  /** By a name that says what it shows; texts stand for themselves, all else is JSON. */
  readonly examples?: Readonly<Record<string, unknown>>;
  /** Of an event stream: the schema of each event's data. */
  readonly events?: Readonly<Record<string, SchemaName>>;
}

/** An answer that is no problem. */
export interface AnswerForm {
  readonly description: string;
  /** Beside those of every answer. */
  readonly headers?: readonly AnswerHeader[];
  /** Those of `headers` that are always there. */
  readonly always?: readonly AnswerHeader[];
  /** By media type; absent: the body is empty. */
  readonly content?: Readonly<Record<string, Content>>;
}

/** One method of one path. */
export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The rights that a caller needs; none: that depends on the body. `open`: nothing, `peer`: the ring secret. */
  readonly needs: "open" | "peer" | readonly ("read" | "write" | "admin")[];
  /** What a reader of queries takes. */
  readonly query?: v.ObjectEntries;
  /** Parameters of the query without which it is no such operation. */
  readonly mustHave?: readonly string[];
  readonly headers?: readonly RequestHeader[];
  /** By media type. */
  readonly body?: Readonly<Record<string, Content>>;
  readonly answers: Readonly<Record<number, AnswerForm>>;
  /** What it can be refused for, beside what every operation can be, and what `needs` brings along. */
  readonly codes: readonly ProblemCode[];
  /** Whether there is a HEAD of it; of a GET there is unless this says `false`. */
  readonly hasHead?: false;
}

/** Operations by path and method, as OpenAPI has them: parameters of a path in braces. */
export type Operations = Readonly<
  Record<string, Readonly<Partial<Record<Method, Operation>>>>
>;
