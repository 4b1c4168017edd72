/** The fetch transport over the platform's own fetch. */
import { transportSuite } from "../suite/transport.ts";

transportSuite("the platform's fetch");
