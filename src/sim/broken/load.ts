/** Loads the simulator with the real code, or with a variant of it in which single modules are replaced by wrappers. */
import { registerHooks } from "node:module";
import { variantNamed } from "./variants.ts";

const source = new URL("../../", import.meta.url);

/**
 * A wrapper has the exports of the module that it stands for, one of them changed; it alone imports the real one. So
 * the code under test needs no switch for what is broken in it. Has to be called before anything else loads a node.
 */
export async function loadSimulator(
  broken?: string,
): Promise<typeof import("../run-seed.ts")> {
  if (broken !== undefined) replaceModules(variantNamed(broken).replaces);
  return import("../run-seed.ts");
}

/** By the path of the real module, both under `src`: the wrapper's. */
function replaceModules(replaces: Readonly<Record<string, string>>): void {
  const wrappers = new Map(
    Object.entries(replaces).map(([real, wrapper]) => [
      new URL(real, source).href,
      new URL(wrapper, new URL("sim/broken/", source)).href,
    ]),
  );
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const wrapper = wrappers.get(resolved.url);
      return wrapper === undefined || context.parentURL === wrapper
        ? resolved
        : { ...resolved, url: wrapper };
    },
  });
}
