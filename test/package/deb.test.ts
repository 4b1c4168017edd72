/** The Debian package on this machine: installed, run as its unit says, joined to a ring, upgraded, removed and purged. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  onTestFinished,
  test,
} from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { compileBinary } from "../../scripts/deb/binary.ts";
import { packDebian } from "../../scripts/deb/package.ts";
import { startServing, temporaryFolder } from "../cli/processes.ts";
import {
  dpkg,
  hasUser,
  lockMachine,
  statusOfPackage,
  unfit,
} from "./debian.ts";
import { readUnit, startUnit } from "./unit.ts";

const unitPath = "/usr/lib/systemd/system/ringwalk.service";
const settings = "/etc/ringwalk/ringwalk.env";
const program = "/usr/bin/ringwalk";
const { version } = packageJson;
const laterVersion = `${version}+later`;
const reason = unfit();

describe.skipIf(reason)(
  `the package for Debian${reason ? ` (${reason})` : ""}`,
  () => {
    let folder: string;
    let file: string;
    let later: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ringwalk-deb-"));
      const binary = await compileBinary(join(folder, "ringwalk"));
      const pack = (version: string) =>
        packDebian({ binary, version, destination: folder });
      file = await pack(version);
      later = await pack(laterVersion);
      const mebibytes = async (path: string) =>
        ((await stat(path)).size / 2 ** 20).toFixed(1);
      console.log(
        `.deb: ${await mebibytes(file)} MiB, its binary ${await mebibytes(binary)} MiB`,
      );
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const told = (...args: readonly string[]) =>
      execFileSync("dpkg-deb", args, { encoding: "utf8" });

    test("everything in it is root's, and only root reads the settings", () => {
      const rows = told("--contents", file).trimEnd().split("\n");
      const modes = new Map(
        rows.map((row) => {
          const [mode = "", owner, , , , path = ""] = row.split(/\s+/);
          expect(owner).toBe("root/root");
          return [path.slice(1), mode];
        }),
      );
      expect(modes.get("/")).toBe("drwxr-xr-x");
      expect(modes.get(program)).toBe("-rwxr-xr-x");
      expect(modes.get(unitPath)).toBe("-rw-r--r--");
      expect(modes.get(settings)).toBe("-rw-------");
      expect(told("--field", file, "Version")).toBe(`${version}\n`);
      expect(modes.get("/usr/share/man/man1/ringwalk.1.gz")).toBe("-rw-r--r--");
      expect(told("--info", file, "conffiles")).toBe(`${settings}\n`);
    });

    test("installed, it serves in a ring as its unit says, outlives an upgrade, and is gone after a purge", async ({
      skip,
    }) => {
      onTestFinished(await lockMachine());
      if (statusOfPackage() !== undefined) skip("ringwalk is installed here");
      const hadUser = hasUser("ringwalk");
      onTestFinished(() => {
        if (statusOfPackage() !== undefined) dpkg("--purge", "ringwalk");
        if (!hadUser) execFileSync("deluser", ["--quiet", "ringwalk"]);
      });

      dpkg("--install", file);
      expect(execFileSync(program, ["--version"]).toString()).toBe(
        `${version}\n`,
      );
      const verified = spawnSync("systemd-analyze", [
        "verify",
        "--man=no",
        unitPath,
      ]);
      if (verified.error)
        console.log("systemd-analyze is missing: the unit was not verified");
      else
        expect([verified.status, verified.stderr.toString()]).toEqual([0, ""]);

      const founder = await startServing([
        ...["serve", "-p", "0", "-n", "founder", "--partitions", "32"],
        ...["--data", await temporaryFolder()],
      ]);
      const key = (url: string) => `${url}/db/greeting`;
      await fetch(key(founder.url), { method: "PUT", body: "hello" });
      const changed = `RINGWALK_PORT=0\nRINGWALK_NAME=installed\nRINGWALK_JOIN=${founder.url}\n`;
      appendFileSync(settings, changed);
      const unit = readUnit(unitPath);
      expect(unit.user).toBe("ringwalk");
      const node = await startUnit(unit);
      expect(await (await fetch(key(node.url))).text()).toBe("hello");
      await fetch(key(node.url), { method: "PUT", body: "hello again" });
      const data = await stat(unit.stateDirectory);
      expect([data.uid, data.mode & 0o777]).toEqual([idOf(unit.user), 0o750]);
      expect(await node.stop()).toBe(0);

      dpkg("--install", later);
      expect(statusOfPackage()).toBe(`install ok installed ${laterVersion}`);
      expect(readFileSync(settings, "utf8")).toContain(changed);
      const upgraded = await startUnit(readUnit(unitPath));
      const peers = await (await fetch(`${upgraded.url}/dht/peers`)).text();
      expect(peers).toBe("installed\r\nfounder\r\n");
      expect(await (await fetch(key(upgraded.url))).text()).toBe("hello again");
      const html = { headers: { accept: "text/html" } };
      expect(await (await fetch(upgraded.url, html)).text()).toMatch(
        /^<!doctype html>/i,
      );
      expect(await upgraded.stop()).toBe(0);

      dpkg("--remove", "ringwalk");
      expect(
        [program, unitPath, settings, unit.stateDirectory].map((path) =>
          existsSync(path),
        ),
      ).toEqual([false, false, true, true]);
      dpkg("--purge", "ringwalk");
      expect(
        ["/etc/ringwalk", unit.stateDirectory].filter((path) =>
          existsSync(path),
        ),
      ).toEqual([]);
      expect(statusOfPackage()).toBeUndefined();
    });
  },
);

function idOf(user: string): number {
  return Number(execFileSync("id", ["-u", user]));
}
