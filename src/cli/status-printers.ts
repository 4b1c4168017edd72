/** Ways to show what is seen of a ring: live on a screen, as texts, as lines of JSON. */
import { dim, red, reset } from "./colours.ts";
import { coloured, write, writeLine } from "./output.ts";
import { statusView } from "./status-view.ts";
import type { Look } from "./status-watch.ts";

/** Where looks at a ring go, one after the other; `end` gives a screen back to the shell. */
interface Printer {
  show(look: Look): Promise<void>;
  end(): void;
}

/** Draws over what it drew before; what it drew last stays on the screen. */
export async function screenPrinter(): Promise<Printer> {
  const { createLogUpdate } = await import("log-update");
  const draw = createLogUpdate(process.stdout);
  return {
    async show({ ring, at, error }) {
      const foot = `${dim}${timeOf(at)}, about once a second; Ctrl-C ends it${reset}`;
      const told = error === undefined ? [] : [noAnswer(error)];
      const view = statusView(ring, { hasBar: true });
      draw(coloured([view.trimEnd(), ...told, foot].join("\n")));
    },
    end: () => draw.done(),
  };
}

/** Prints the whole view again when something in it has changed. */
export function linePrinter(): Printer {
  return whenChanged(async ({ ring, at, error }) => {
    const told = error === undefined ? "" : `${noAnswer(error)}\n`;
    await write(coloured(`${timeOf(at)}\n${statusView(ring)}${told}\n`));
  });
}

/** A line for each change: the status, when it was seen, and `error` while nobody answers. */
export function jsonPrinter(): Printer {
  return whenChanged(async ({ ring, at, error }) => {
    const seenAt = new Date(at).toISOString();
    await writeLine(
      JSON.stringify({
        seenAt,
        ...ring,
        ...(error !== undefined && { error }),
      }),
    );
  });
}

function whenChanged(print: (look: Look) => Promise<void>): Printer {
  let shown = "";
  return {
    async show(look) {
      // How often one tried in vain is no news, nor is it that time goes by.
      const { ring, error } = look;
      const { now, diskFreeBytes, ...seen } = ring;
      const text = JSON.stringify([seen, error !== undefined]);
      if (text === shown) return;
      shown = text;
      await print(look);
    },
    end: () => {},
  };
}

function noAnswer(error: string): string {
  return `${red}No member answers:${reset} ${error} It goes on when one does.`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
