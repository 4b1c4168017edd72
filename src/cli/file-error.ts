/** Files that cannot be read or written. */
import { CliError } from "./exit-code.ts";

/** The error for a path and what the file system said. */
export function fileError(path: string, cause: unknown): CliError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = reasons[code ?? ""] ?? code ?? String(cause);
  return new CliError({
    code: "file_failed",
    message: `${path} cannot be used: ${reason}.`,
    cause,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "this user may not",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EPERM: "this user may not",
  EROFS: "it is on a disk that cannot be written",
  ENOTDIR: "what should be a folder of its path is a file",
  EBUSY: "something else uses it",
  ENAMETOOLONG: "its name is too long",
};
