/** Types of the source as data, as far as pages have to tell them: the kinds of a union, the fields of an interface. */
import { readFileSync } from "node:fs";

/** A member of a union. */
export interface Kind {
  readonly kind: string;
  readonly fields: readonly string[];
}

/** The members of a union that are told apart by `kind`, each with its other fields. */
export function kindsOf(path: string, type: string): readonly Kind[] {
  const text = declarationOf(path, `export type ${type} =`);
  const parts = text.split(/readonly kind:\s*/).slice(1);
  const kinds = parts.map((part) => ({
    kind: /^"([\w-]+)"/.exec(part)?.[1] ?? "",
    fields: fieldsIn(part),
  }));
  if (kinds.length === 0) throw new Error(`${type} in ${path} has no kinds`);
  return kinds;
}

/** The fields of an interface. */
export function fieldsOf(path: string, type: string): readonly string[] {
  const fields = fieldsIn(declarationOf(path, `export interface ${type} `));
  if (fields.length === 0) throw new Error(`${type} in ${path} has no fields`);
  return fields;
}

/** The texts that a type stands for, or a field of an interface. */
export function literalsOf(
  path: string,
  type: string,
  field?: string,
): readonly string[] {
  const text =
    field === undefined
      ? headed(path, `export type ${type} =`)
      : headed(path, `export interface ${type} `);
  const start = field === undefined ? 0 : text.indexOf(`readonly ${field}`);
  const part = text.slice(start, text.indexOf(";", start));
  return [...part.matchAll(/"([^"]+)"/g)].map(([, literal = ""]) => literal);
}

/** Nothing where there is no such declaration. */
function headed(path: string, head: string): string {
  const isThere = readFileSync(path, "utf8").includes(head);
  return isThere ? declarationOf(path, head) : "";
}

/** From the head of a declaration to the next one, without comments. */
function declarationOf(path: string, head: string): string {
  const text = readFileSync(path, "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
  const start = text.indexOf(head);
  if (start === -1) throw new Error(`${path} has no "${head}"`);
  const end = text
    .slice(start + 1)
    .search(/^(export|const|function|interface|type)\b/m);
  return end === -1 ? text.slice(start) : text.slice(start, start + 1 + end);
}

function fieldsIn(text: string): readonly string[] {
  return [...text.matchAll(/readonly (\w+)\??:/g)].map(
    ([, field = ""]) => field,
  );
}
