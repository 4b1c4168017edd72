/** Blobs and files in structured values: their bytes, type, and a file's name and date. */

interface BlobRecord {
  readonly type: string;
  readonly name?: string;
  /** Milliseconds since 1970. */
  readonly lastModified?: number;
  /** Becomes the bytes while the text is made. */
  readonly content: Promise<ArrayBuffer> | ArrayBuffer;
}

/** What stands for a blob or file in the text; `false` for everything else. Not every runtime has these classes. */
export function reduceBlob(
  thing: unknown,
  read: (blob: Blob) => Promise<ArrayBuffer>,
): BlobRecord | false {
  if (typeof Blob === "undefined" || !(thing instanceof Blob)) return false;
  const content = read(thing);
  if (typeof File === "undefined" || !(thing instanceof File))
    return { type: thing.type, content };
  const { type, name, lastModified } = thing;
  return { type, name, lastModified, content };
}

/** The inverse of `reduceBlob`. */
export function reviveBlob(record: unknown): Blob {
  const { type, name, lastModified, content } = record as Partial<BlobRecord>;
  if (!(content instanceof ArrayBuffer))
    throw new Error("The record of a blob is malformed");
  if (name === undefined) return new Blob([content], { type });
  return new File([content], name, { type, lastModified });
}
