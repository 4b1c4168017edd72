/** How far an import is, kept beside its file as `FILE.import`, so that it can go on after whatever ended it. */
import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { note } from "../output.ts";

const schema = v.object({
  /** What was imported, and where to: an import of anything else does not go on from here. */
  of: v.object({
    file: v.string(),
    ringId: v.string(),
    prefix: v.optional(v.string()),
    overwrites: v.boolean(),
  }),
  /** Begins the idempotency keys of its writes: a line that is sent again takes effect once. */
  run: v.string(),
  /** All lines up to this one are done. */
  line: v.number(),
  imported: v.number(),
  kept: v.number(),
  expired: v.number(),
  failed: v.number(),
});

/** Where an import goes on: behind `line`. The counts are of the lines up to it: those behind it come once more. */
export type ImportPlace = v.InferOutput<typeof schema>;

/** Before the first line, with a `run` that no other import has: its writes repeat none of theirs. */
export function newPlace(of: ImportPlace["of"]): ImportPlace {
  const counts = { imported: 0, kept: 0, expired: 0, failed: 0 };
  return { of, run: randomUUID(), line: 0, ...counts };
}

/** Where the place of an import of `file` is kept until that is complete. */
export function placePath(file: string): string {
  return `${file}.import`;
}

/** What an interrupted import of the file left; absent: nothing that can be read. */
export async function readPlace(
  file: string,
): Promise<ImportPlace | undefined> {
  try {
    const text = await readFile(placePath(file), "utf8");
    const { success, output } = v.safeParse(schema, JSON.parse(text));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the place in its file, which is as old as `saveMs` at most while lines are done. */
interface PlaceKeeper {
  /** Called whenever the place may have changed; writes it now and then. */
  keep(): void;
  /** Writes it now. */
  save(): Promise<void>;
  /** The import is complete. */
  remove(): Promise<void>;
}

/** A killed import does what it did in this time once more. */
const saveMs = 1_000;

/** Where the folder takes no file, the import goes on without: then it can only begin anew. */
export function createPlaceKeeper(
  file: string,
  place: () => ImportPlace,
): PlaceKeeper {
  const path = placePath(file);
  const draft = `${path}.part`;
  let savedAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  let saving: Promise<void> = Promise.resolve();

  async function writeOut(): Promise<void> {
    try {
      await writeFile(draft, `${JSON.stringify(place())}\n`);
      await rename(draft, path);
    } catch (error) {
      if (isTold) return;
      isTold = true;
      const { code } = error as NodeJS.ErrnoException;
      note(
        `${path} cannot be written (${code}): if this import is interrupted, it has to begin anew.`,
      );
    }
  }

  /** One at a time, so that none overtakes another. */
  function save(): Promise<void> {
    savedAt = performance.now();
    saving = saving.then(writeOut);
    return saving;
  }

  return {
    keep() {
      if (performance.now() - savedAt >= saveMs) void save();
    },
    save,
    async remove() {
      await saving;
      await rm(path, { force: true }).catch(() => {});
      await rm(draft, { force: true }).catch(() => {});
    },
  };
}

/** What a line came to. One that is left out is not counted. */
export type LineOutcome =
  | "imported"
  | "kept"
  | "expired"
  | "failed"
  | "left out";

/** Up to which line all is done, although lines end in any order. */
interface Watermark {
  begin(line: number): void;
  end(line: number, outcome: LineOutcome): void;
  /** Behind the last line that is over with all before it, as a later one has begun; until there is one, where it was made. */
  place(): ImportPlace;
}

/** Lines begin in order, and end in any. One may begin twice: as damage, and as a key that is whole all the same. */
export function createWatermark(from: ImportPlace): Watermark {
  const open = new Map<number, { pending: number; outcomes: LineOutcome[] }>();
  let latest = from.line;
  let place = from;

  /** The line that has begun last may do so once more. */
  function advance(): void {
    // A map keeps the order in which lines have begun.
    for (const [line, { pending, outcomes }] of open) {
      if (pending > 0 || line === latest) return;
      open.delete(line);
      place = outcomes.reduce(counted, { ...place, line });
    }
  }

  return {
    begin(line) {
      const known = open.get(line) ?? { pending: 0, outcomes: [] };
      known.pending++;
      open.set(line, known);
      latest = line;
      advance();
    },
    end(line, outcome) {
      const known = open.get(line);
      if (!known) return;
      known.pending--;
      known.outcomes.push(outcome);
      advance();
    },
    place: () => place,
  };
}

/** With one line more. */
export function counted(place: ImportPlace, outcome: LineOutcome): ImportPlace {
  return outcome === "left out"
    ? place
    : { ...place, [outcome]: place[outcome] + 1 };
}
