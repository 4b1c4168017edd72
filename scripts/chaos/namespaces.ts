/** A network of network namespaces (Linux): each node has an address of its own, and a hub in the middle routes, or not. */
import {
  type ChildProcess,
  execFile,
  spawn,
  spawnSync,
} from "node:child_process";
import { readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { until } from "../../test/e2e/until.ts";
import type { Network, Place } from "./network.ts";

const run = promisify(execFile);
const unshare = "unshare";

/** Each namespace is its own; nothing else can have these addresses or ports. */
const subnet = "10.77";
const port = 8000;

/** All that a hub has to do; where one step is forbidden, there are no namespaces. */
const rehearsal = `
  ip link set lo up &&
  echo 1 > /proc/sys/net/ipv4/ip_forward &&
  ip rule add from ${subnet}.1.2 to ${subnet}.2.2 blackhole &&
  unshare --net cat < /dev/null &&
  ip link add v1 type veth peer name v2`;

/** The command that starts a program in a hub; absent where the machine does not allow it. */
export function hubPrefix(): readonly string[] | undefined {
  const asRoot = [unshare, "--net"];
  const asUser = [...asRoot, "--user", "--map-root-user"];
  return [asRoot, asUser].find(([command = "", ...flags]) => {
    const args = [...flags, "sh", "-c", rehearsal];
    return spawnSync(command, args, { stdio: "ignore" }).status === 0;
  });
}

/** To be called in a hub. The namespaces end with this process. */
export async function createNamespaces(): Promise<Network> {
  await run("sh", [
    "-c",
    "ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward",
  ]);
  const addresses = new Map<string, string>();
  const holders: ChildProcess[] = [];
  const cuts: (readonly string[])[] = [];

  async function place(name: string): Promise<Place> {
    const index = addresses.size + 1;
    const host = `${subnet}.${index}.2`;
    addresses.set(name, host);
    // A namespace lives as long as a process in it: this one ends when nobody holds its input open.
    const holder = spawn(unshare, ["--net", "cat"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    holders.push(holder);
    await until(() => isElsewhere(holder.pid), "the namespace is there");
    const prefix = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
    await wire({ index, pid: String(holder.pid), prefix });
    const url = `http://${host}:${port}`;
    return { host, port, peerUrl: url, clientUrl: url, prefix };
  }

  /** Packets from `from` to `to` vanish without a word, as they do in a split. */
  async function cut(from: readonly string[], to: readonly string[]) {
    for (const sender of from)
      for (const receiver of to) {
        const way = [
          "from",
          addresses.get(sender) ?? "",
          "to",
          addresses.get(receiver) ?? "",
          "blackhole",
        ];
        await run("ip", ["rule", "add", ...way]);
        cuts.push(way);
      }
  }

  return {
    description: "network namespaces, whose hub drops packets",
    splits: {
      async split(side, rest) {
        await cut(side, rest);
        await cut(rest, side);
      },
      "split, from the side only": (side, rest) => cut(side, rest),
      "split, to the side only": (side, rest) => cut(rest, side),
    },
    place,
    async heal() {
      for (const way of cuts.splice(0))
        await run("ip", ["rule", "del", ...way]);
    },
    async end() {
      for (const holder of holders) holder.stdin?.end();
    },
  };
}

/** A cable from the hub to the namespace of the process, with an address at each end. */
async function wire({
  index,
  pid,
  prefix,
}: {
  readonly index: number;
  readonly pid: string;
  readonly prefix: readonly string[];
}) {
  const [nsenter = "", ...flags] = prefix;
  const hub = (...args: string[]) => run("ip", args);
  const inside = (...args: string[]) => run(nsenter, [...flags, "ip", ...args]);
  const cable = `node${index}`;
  await hub(
    "link",
    "add",
    cable,
    "type",
    "veth",
    "peer",
    "name",
    "eth0",
    "netns",
    pid,
  );
  await hub("address", "add", `${subnet}.${index}.1/30`, "dev", cable);
  await hub("link", "set", cable, "up");
  await inside("link", "set", "lo", "up");
  await inside("address", "add", `${subnet}.${index}.2/30`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  await inside("route", "add", "default", "via", `${subnet}.${index}.1`);
}

async function isElsewhere(pid: number | undefined): Promise<boolean> {
  const [own, other] = await Promise.all([
    readlink("/proc/self/ns/net"),
    readlink(`/proc/${pid}/ns/net`),
  ]);
  return own !== other;
}
