/** The manual page: what the command line says of itself, in the form that `man` reads. */

/** `help` is what `ringwalk --help` prints. https://man7.org/linux/man-pages/man7/man-pages.7.html */
export function manualPage(help: string, version: string): string {
  const [title = "", ...lines] = help.trimEnd().split("\n");
  const description = title.slice(title.indexOf(": ") + 2).replace(/\.$/, "");
  return `${[
    `.TH RINGWALK 1 "" "ringwalk ${version}" "User Commands"`,
    ".SH NAME",
    `ringwalk \\- ${escaped(description)}`,
    ...lines.flatMap(roffOf),
    ".SH FILES",
    ".TP",
    ".I /etc/ringwalk/ringwalk.env",
    "Settings of the node that ringwalk.service runs, as variables.",
    ".TP",
    ".I /var/lib/ringwalk",
    "The data of that node.",
  ].join("\n")}\n`;
}

/** A line in capitals is a heading; what is indented stays as it is. */
function roffOf(line: string): readonly string[] {
  if (/^[A-Z][A-Z ]+$/.test(line)) return [`.SH ${line}`];
  if (line.startsWith("  ")) return [".nf", escaped(line.slice(2)), ".fi"];
  return line === "" ? [] : [".PP", escaped(line)];
}

/** A hyphen that is typed stays one, and no line begins a request. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/, "\\&");
}
