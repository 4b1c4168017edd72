/** `npm run deb`: the Debian package of this checkout, around a standalone binary; prints what it made, and how large it is. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { compileBinary } from "./binary.ts";
import { packDebian } from "./package.ts";

const { values: flags } = parseArgs({
  options: { out: { type: "string", default: "." } },
});

const work = await mkdtemp(join(tmpdir(), "ringwalk-deb-"));
try {
  const binary = await compileBinary(join(work, "ringwalk"));
  const file = await packDebian({
    binary,
    version: packageJson.version,
    destination: resolve(flags.out),
  });
  const mebibytes = async (path: string) =>
    `${((await stat(path)).size / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${file}: ${await mebibytes(file)}, the binary in it ${await mebibytes(binary)}`,
  );
} finally {
  await rm(work, { recursive: true, force: true });
}
