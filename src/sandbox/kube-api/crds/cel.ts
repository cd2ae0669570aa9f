import { isIP } from 'node:net';
import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { re2 } from '../../../domain/text/re2.ts';
import { durationNanoseconds } from '../duration.ts';
import { RuleError } from '../schema.ts';

/** Changes to a rule before it is parsed, where cel-js differs from the API server. */
const ADAPTATIONS: readonly (readonly [RegExp, string])[] = [
  // The API server escapes the names of fields that are keywords of CEL. cel-js takes them as they are.
  [/\b__(\w+?)__\b/g, '$1'],
  // In cel-js, has() takes no item of a list.
  [/\bhas\(([\w.]+\[\d+\])\.(\w+)\)/g, "('$2' in $1)"],
  // cel-js accepts other durations than Go, and has JavaScript's regular expressions.
  [/\bduration\(/g, 'goDuration('],
  [/\.matches\(/g, '.re2Matches('],
];

const environment = new Environment()
  .registerVariable('self', 'dyn')
  .registerFunction('goDuration(string): int', goDuration)
  .registerFunction('string.re2Matches(string): bool', re2Matches)
  .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0);

const programs = new Map<string, ReturnType<Environment['parse']>>();

/** Whether a value meets a rule of `x-kubernetes-validations`. Throws a RuleError if the rule cannot be evaluated. */
export function meetsRule(rule: string, self: unknown): boolean {
  try {
    return programOf(rule)({ self }) === true;
  } catch (cause) {
    if (!(cause instanceof EvaluationError)) throw cause;
    const { summary } = cause;
    throw new RuleError(summary.slice(0, 1).toLowerCase() + summary.slice(1), { cause });
  }
}

/** Why a rule is not valid, or undefined if it is. */
export function ruleFault(rule: string): string | undefined {
  return environment.check(adapted(rule)).error?.message;
}

/** Parses a rule when it is first needed. Many places of a schema have the same rule. */
function programOf(rule: string): ReturnType<Environment['parse']> {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  const program = environment.parse(adapted(rule));
  programs.set(rule, program);
  return program;
}

function adapted(rule: string): string {
  return ADAPTATIONS.reduce((text, [from, to]) => text.replaceAll(from, to), rule);
}

function goDuration(text: string): bigint {
  const nanoseconds = durationNanoseconds(text);
  if (nanoseconds === undefined) {
    throw new RuleError("type conversion error from 'string' to 'google.protobuf.Duration'");
  }
  return BigInt(Math.trunc(nanoseconds));
}

function re2Matches(text: string, pattern: string): boolean {
  const regex = re2(pattern);
  if (regex === undefined) throw new RuleError(`error parsing regexp: ${pattern}`);
  return regex.finds(text);
}
