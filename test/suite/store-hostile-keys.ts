/** Keys that are easily taken for one another, or for something else. */

import { encodeName } from "../../src/store/name.ts";

const long = "x".repeat(1023);

/** All different; most would be one to some driver, file system or encoder. */
export const hostileKeys: readonly string[] = [
  ..."a|a:b|a/b|a\\b|a::b|a:|:a|a/|a?x|a#x|a%3ab|a%253Ab|..|.|a/../b|$|a$|a.$|*|~|-|--|k-|k-61|-61".split(
    "|",
  ),
  ..."A|b|B|aB|Ab|AB|ab|con|NUL|a.tmp|a |  a|0|00|__proto__|constructor|null|undefined|true".split(
    "|",
  ),
  ..."\0|\n|a\0|\ufeff|\ufeffa|é|e\u0301|É|ß|ẞ|ss|ı|I|i|İ|日本語|\u{1f600}|\u{10ffff}".split(
    "|",
  ),
  encodeName("a"),
  encodeName(`${long}a`),
  `${long}a`,
  `${long}A`,
  `${long}b`,
  "x".repeat(190),
  "x".repeat(191),
  "X".repeat(63),
  "X".repeat(64),
  "é".repeat(512),
  "é".repeat(511),
  "\u{1f600}".repeat(256),
];
