/** The fetch transport over node:http, as Node.js servers call their peers. */
import { nodejsFetch } from "../../src/runtime/nodejs-fetch.ts";
import { transportSuite } from "../suite/transport.ts";

transportSuite("node:http", nodejsFetch);
