/** `npm run first-minute`: the way of a new user in a clean folder, from the installed package to the first value, timed. */
import { freePort } from "../../test/cli/free-port.ts";
import { installedProject } from "../../test/package/project.ts";
import { type Step, tryNode, tryRing } from "./steps.ts";

const project = await installedProject();
try {
  print("A node:", await tryNode(project.folder, await freePort()));
  print("A ring of three:", await tryRing(project.folder, await freePort(3)));
} finally {
  await project.close();
}

function print(title: string, steps: readonly Step[]): void {
  console.log(`\n${title}\n`);
  let totalMs = 0;
  for (const { command, durationMs, shown } of steps) {
    totalMs += durationMs;
    const [one, all] = [durationMs, totalMs].map((ms) =>
      (ms / 1000).toFixed(2).padStart(5),
    );
    console.log(`${one} s, in all ${all} s  ${command}`);
    if (shown !== "") console.log(shown.replaceAll(/^/gm, "    "));
  }
}
