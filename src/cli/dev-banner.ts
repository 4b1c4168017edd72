/** What `ringwalk dev` prints once its nodes serve: which rings they are, their dashboard, and three lines to paste. */

/** A node as it answered once it served; its ring may be another one than that of the others. */
export interface DevNodeSeen {
  readonly name: string;
  readonly url: string;
  readonly pid: number | undefined;
  readonly ringId: string;
  /** Names of the members of the node's ring. */
  readonly members: readonly string[];
}

/** `where` says where the data is; `command` is how this program is called. */
export function devBanner(
  nodes: readonly DevNodeSeen[],
  { where, command }: { readonly where: string; readonly command: string },
): string {
  const rings = ringsOf(nodes);
  const largest = largestOf(rings);
  const [first, second = first] = largest;
  if (!first || !second) return "";
  const title =
    rings.size === 1
      ? `A ring of ${counted(first.members.length)}`
      : `${counted(nodes.length)} in ${rings.size} rings`;
  return `
${title}, ${rings.size === 1 ? "its" : "their"} data ${where}. Ctrl-C stops ${rings.size === 1 ? "it" : "them"}.

${[...rings.values()].map((ring) => linesOf(ring, rings.size > 1)).join("\n\n")}
${[...missingOf(nodes, command), ...straysOf(nodes, largest, command)].join("")}
Dashboard: ${dashboardUrl(nodes)}

Try:

  curl -X PUT --data hello ${first.url}/db/greeting
  curl ${second.url}/db/greeting
  ${command} status --node ${first.url}

`;
}

/** The page of a node in the ring that most of them are in; absent without a node. */
export function dashboardUrl(
  nodes: readonly DevNodeSeen[],
): string | undefined {
  const [first] = largestOf(ringsOf(nodes));
  return first && `${first.url}/`;
}

type Rings = ReadonlyMap<string, readonly DevNodeSeen[]>;

function ringsOf(nodes: readonly DevNodeSeen[]): Rings {
  return Map.groupBy(nodes, ({ ringId }) => ringId);
}

/** To try things out in. */
function largestOf(rings: Rings): readonly DevNodeSeen[] {
  const [largest = []] = [...rings.values()].sort(
    (x, y) => y.length - x.length,
  );
  return largest;
}

function counted(count: number): string {
  return `${count} ${count === 1 ? "node" : "nodes"}`;
}

function linesOf(ring: readonly DevNodeSeen[], isNamed: boolean): string {
  const lines = ring.map(
    ({ name, url, pid }) => `  ${name}  ${url}  (process ${pid})`,
  );
  const [first] = ring;
  const title = `Ring ${first?.ringId}: ${first?.members.join(", ")}`;
  return (isNamed ? [title, ...lines] : lines).join("\n");
}

/** Members that are not among the nodes that were started. */
function missingOf(
  nodes: readonly DevNodeSeen[],
  command: string,
): readonly string[] {
  const running = new Set(nodes.map(({ name }) => name));
  const members = new Set(nodes.flatMap((node) => node.members));
  const missing = [...members].filter((name) => !running.has(name));
  if (missing.length === 0) return [];
  return [
    `\nNot running: ${missing.join(", ")}. To start all: ${command} dev ${members.size}\n`,
  ];
}

/** Nodes that left, each with the line that brings it back. */
function straysOf(
  nodes: readonly DevNodeSeen[],
  largest: readonly DevNodeSeen[],
  command: string,
): readonly string[] {
  const [host] = largest;
  return nodes
    .filter((node) => !largest.includes(node))
    .map(
      ({ name, url }) =>
        `\n${name} is not in the ring of ${host?.name}: what is put there is not found here. To bring it in:\n  ${command} join ${host?.url} --node ${url}\n`,
    );
}
