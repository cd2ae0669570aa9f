import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A regular expression of RE2, which Kubernetes, Istio and Envoy use. */
export interface Re2 {
  /** Whether a part of the text matches. */
  finds(text: string): boolean;
  /** Whether the whole text matches. */
  matches(text: string): boolean;
  /** The text with each match replaced. In `by`, `\1` stands for the first group and `\0` for the match. */
  replaced(text: string, by: string): string;
}

/** Undefined if RE2 refuses it: it has no lookaround and no backreference, and its own syntax for flags, groups and classes. */
export function re2(regex: string): Re2 | undefined {
  const compiled = compile(regex);
  if (!('pattern' in compiled)) return undefined;
  const { pattern } = compiled;
  return {
    finds: (text) => pattern.test(text),
    matches: (text) => pattern.testExact(text),
    replaced: (text, by) => replaced(pattern, text, by),
  };
}

/** Why RE2 refuses a regular expression, in the words of Go's `regexp`. Undefined if it does not. */
export function re2Fault(regex: string): string | undefined {
  const compiled = compile(regex);
  return 'fault' in compiled ? compiled.fault : undefined;
}

function compile(regex: string): { readonly pattern: RE2JS } | { readonly fault: string } {
  try {
    return { pattern: RE2JS.compile(regex) };
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    return { fault: `error parsing regexp: ${cause.error}: \`${cause.input ?? culprit(cause.error, regex)}\`` };
  }
}

/** The part that Go names where the library names none: all of it if it is too large or too deep. */
function culprit(error: string, regex: string): string {
  return error.startsWith('trailing backslash') ? '' : regex;
}

function replaced(pattern: RE2JS, text: string, by: string): string {
  const matcher = pattern.matcher(text);
  let [result, end] = ['', 0];
  while (matcher.find()) {
    const group = (_: string, number: string) =>
      Number(number) > matcher.groupCount() ? '' : (matcher.group(Number(number)) ?? '');
    result += text.slice(end, matcher.start()) + by.replace(/\\(\d)/g, group);
    end = matcher.end();
  }
  return result + text.slice(end);
}
