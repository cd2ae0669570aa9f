import { type Command, formatCommand, type MovingCommand } from '../../domain/language/command.ts';
import { parseCommand } from '../../domain/language/parse-command.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { isSequence } from '../../domain/ramp/sequence.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { mostLineLength } from './button.ts';

/** A ramp as it is typed, with its steps and not with a name for them. */
export type TypedRamp = Extract<MovingCommand, { verb: 'ramp' }> & { readonly steps: RampSteps };

/**
 * The line that asks for such a ramp. The buttons of its card carry it, so that a click can say what was left of it when its record is
 * lost. A long reason is left out. Undefined if it is too long for a button all the same, or the ramp is of several clusters.
 */
export function rampLine(ramp: Ramp): string | undefined {
  if (isSequence(ramp)) return undefined; // a lost record is told by the history of one object, which knows one cluster
  const { name, version, steps, reason, noGuard, before } = ramp;
  const [{ rule }, ...more] = before;
  const typed = { verb: 'ramp', service: name, version, steps } as const;
  const rules = more.length === 0 ? { rule: routeOf(rule) } : { allRules: true as const };
  const options = { dryRun: false, noGuard: noGuard === true, ...rules };
  const lines = [formatCommand({ ...typed, options: { ...options, reason } }), formatCommand({ ...typed, options })];
  return lines.find((line) => line.length <= mostLineLength);
}

/** What `--route` says of a rule. The default one needs none. */
export function routeOf(rule: string): string | undefined {
  return rule === defaultRule ? undefined : rule;
}

/** Reads such a line. It comes from outside: what is no ramp is left out. */
export function readRampLine(line: string | undefined): TypedRamp | undefined {
  const command = line === undefined ? undefined : parseCommand(line);
  return command !== undefined && isTypedRamp(command) ? command : undefined;
}

function isTypedRamp(command: ReturnType<typeof parseCommand> | Command): command is TypedRamp {
  return command.verb === 'ramp' && !('named' in command.steps);
}

/** The part of a ramp after so many steps; undefined if nothing is left. */
export function restOf(ramp: TypedRamp, stepsMade: number): TypedRamp | undefined {
  const [first, ...more] = ramp.steps.slice(stepsMade);
  return first && { ...ramp, steps: [first, ...more] };
}
