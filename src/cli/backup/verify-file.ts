/** `ringwalk export --verify FILE`: what a check of the file has shown, for people and scripts. */
import { CliError, type ExitCode, exitCodes } from "../exit-code.ts";
import { openInput } from "../input-file.ts";
import { linesOf } from "../lines.ts";
import { note, writeJson, writeLine } from "../output.ts";
import { createProgress } from "../progress.ts";
import { lineBytesMax } from "../ring-listing.ts";
import { type Verdict, verifyBackup } from "./verify.ts";

/** Prints the verdict; the exit code is 0 for a whole backup. */
export async function verifyFile(
  file: string,
  isJson: boolean | undefined,
): Promise<ExitCode> {
  const verdict = await checkFile(file);
  const { header, end, count, damage, damageCount } = verdict;
  if (isJson) {
    const isWhole = damageCount === 0;
    const times = { startedAt: header?.startedAt, endedAt: end?.endedAt };
    const { ringId, prefix } = header ?? {};
    await writeJson({
      ...{ file, isWhole, keys: count, ringId, prefix, ...times },
      damage: damage.map(({ number: line, message }) => ({ line, message })),
    });
    return isWhole ? exitCodes.ok : exitCodes.error;
  }
  if (damageCount > 0) throw damaged(file, verdict);
  await writeLine(
    `${file} is whole: ${count} keys${header?.prefix === undefined ? "" : ` that begin with ${JSON.stringify(header.prefix)}`} of ring ${header?.ringId}, read from ${header?.startedAt} to ${end?.endedAt}`,
  );
  return exitCodes.ok;
}

/** Reads the file from end to end, with a bar for people. */
export async function checkFile(file: string): Promise<Verdict> {
  const { stream, bytesTotal } = await openInput(file);
  const progress = createProgress({ label: "check", total: bytesTotal });
  try {
    return await verifyBackup(
      linesOf(stream, lineBytesMax, { isLenient: true }),
      (bytesRead, count) => progress.update(bytesRead, `${count} keys`),
    );
  } finally {
    progress.stop();
  }
}

/** The error for a damaged file; what is wrong with each line is printed. */
export function damaged(
  file: string,
  { header, damage, damageCount }: Verdict,
): CliError {
  if (!header && damage[0]?.number === 1)
    return new CliError({
      code: "backup_damaged",
      message: `${file} is no backup, or its first line is damaged: ringwalk export writes backups.`,
    });
  for (const { number, message } of damage) note(`line ${number}: ${message}`);
  const left = damageCount - damage.length;
  if (left > 0) note(`and ${left} further lines`);
  return new CliError({
    code: "backup_damaged",
    message: `${file} is damaged at line ${damage[0]?.number}. Take another backup, or bring in what is whole: ringwalk import ${file} --skip-damaged`,
  });
}
