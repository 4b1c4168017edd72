/** Runs the lines of a page in a shell, against a ring whose ports are others than those on the page. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, runInBash, runProgram } from "./bash.ts";
import { mainPath, serveRing } from "./ring.ts";

/** The ring that the pages talk about. */
export interface PageRing {
  /** Runs commands in one shell; gives the outcome of each. */
  run(commands: readonly string[]): Promise<readonly Outcome[]>;
  /** Runs a TypeScript program from the top of the checkout. */
  runProgram(source: string): Promise<Outcome>;
  close(): Promise<void>;
}

/** The ports of the ring that `npm start` makes, and of all pages. */
const portsOnPage = [8000, 8001, 8002];

/** Starts a ring of three, named as `npm start` names them, on ports that the system chooses. */
export async function startPageRing(): Promise<PageRing> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-docs-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    // A terminal shows no progress bar for what is printed to it.
    await writeFile(join(folder, ".curlrc"), "silent\nshow-error\n");
    const names = portsOnPage.map((port) => `node-${port}`);
    const { urls, close } = await serveRing(names, join(folder, "data"));
    return pageRing(urls, folder, async () => {
      await close();
      await removeFolder();
    });
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function pageRing(
  urls: readonly string[],
  folder: string,
  close: () => Promise<void>,
): Promise<PageRing> {
  const { toReal, toPage } = translation(urls);
  const home = join(folder, "home");
  await mkdir(home);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CURL_HOME: folder,
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
    RINGWALK_NODE: urls[0],
    NODE: process.execPath,
    MAIN: mainPath,
  };
  return {
    close,
    async run(commands) {
      const outcomes = await runInBash(
        { prelude: functions, commands: commands.map(toReal) },
        { cwd: home, env },
      );
      return outcomes.map(({ exitCode, output }) => ({
        exitCode,
        output: toPage(output),
      }));
    },
    runProgram: (source) => runProgram(toReal(source), env),
  };
}

/** Between the addresses on the page and those of the ring. */
function translation(urls: readonly string[]) {
  const pairs = urls.map((url, index): [onPage: string, real: string] => [
    `127.0.0.1:${portsOnPage[index]}`,
    new URL(url).host,
  ]);
  return {
    toReal: (text: string) =>
      pairs.reduce(
        (done, [onPage, real]) => done.replaceAll(onPage, real),
        text,
      ),
    toPage: (text: string) =>
      pairs.reduce(
        (done, [onPage, real]) => done.replaceAll(real, onPage),
        text,
      ),
  };
}

/** `ringwalk`, and `npx ringwalk`, are this checkout's. */
const functions = ['ringwalk() { "$NODE" "$MAIN" "$@"; }', 'npx() { "$@"; }'];
