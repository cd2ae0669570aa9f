import { formatDuration, readDuration } from '../domain/language/duration.ts';
import type { Hours } from '../domain/policy/hours.ts';
import type { Policy, PolicyRule } from '../domain/policy/policy.ts';
import type { GuardRule } from '../domain/policy/ramps/guard-rule.ts';
import { timed } from '../domain/policy/ramps/ramp-ask.ts';
import type { NamedRamp, RampRule } from '../domain/policy/ramps/ramp-rule.ts';
import { fasterThan } from '../domain/policy/ramps/too-fast.ts';
import { fault } from '../yaml/faults.ts';
import type { Fault, ReadYaml } from '../yaml/read-yaml.ts';
import { readHours } from './hours-text.ts';
import type { GuardText, RampsText, RampText } from './ramp-schema.ts';
import { readNamedSteps } from './ramp-steps.ts';

export function toRamps(all: RampsText, yaml: Pick<ReadYaml, 'atKey'>): Policy['ramps'] {
  return new Map(
    Object.entries(all).map(([name, text]) => [name, toRamp(name, text, yaml.atKey(['ramps', name]).line)]),
  );
}

function toRamp(name: string, { steps, every }: RampsText[string], line: number): NamedRamp {
  const read = readNamedSteps(steps, every === undefined ? undefined : readDuration(every));
  if (!read.ok) throw new Error(`checked steps cannot be read: ${read.wrong}`);
  const text = steps.trim().replaceAll(/\s+/g, ' ');
  return { name, steps: read.steps, text: every === undefined ? text : `${text} every ${every}`, line };
}

export function toRampRule({ only, noSteeperThan: name }: RampText, ramps: Policy['ramps']): RampRule {
  if (name === undefined) return { only };
  const noSteeperThan = ramps.get(name);
  if (noSteeperThan === undefined) throw new Error(`a checked ramp is not there: ${name}`);
  return { only, noSteeperThan };
}

export function toGuard({ errors, latency, blind, act, query, atMost, looks = 3, mayBeOff }: GuardText): GuardRule {
  return {
    errors: { times: errors.times, atMost: shareOf(errors.atMost) },
    latency,
    blind,
    act: act ?? 'take-back',
    query: query === undefined || atMost === undefined ? undefined : { query, atMost, looks, act: act ?? 'hold' },
    mayBeOff,
  };
}

export function toHours(text: string): Hours {
  const read = readHours(text);
  if (!read.ok) throw new Error(`checked hours cannot be read: ${read.wrong}`);
  return read.hours;
}

/** Warns if the ramp that limits the others would be refused by `maxStep`. */
export function boundHolds({ ramp, maxStep }: PolicyRule, at: number, yaml: Pick<ReadYaml, 'at'>): readonly Fault[] {
  const bound = ramp?.noSteeperThan;
  if (bound === undefined || maxStep === undefined) return [];
  const grown = bound.steps.map(({ percent }, step) => percent - (bound.steps[step - 1]?.percent ?? 0));
  const most = Math.max(...grown);
  const climbs = timed(bound.steps).map(({ fromMs, asks }, step) => ({ points: grown[step] ?? 0, fromMs, asks }));
  const fast = fasterThan(climbs, maxStep);
  if (most <= maxStep.points && fast === undefined) return [];
  const gives =
    most > maxStep.points || fast === undefined
      ? `a step of \`${bound.name}\` gives ${most} percentage points more, and \`maxStep\` is ${maxStep.points}`
      : `\`${bound.name}\` gives ${fast.points} percentage points more within ${formatDuration(maxStep.everyMs)}, and \`maxStep\` is ${maxStep.points}`;
  const wrong = `${gives}: it would be refused`;
  return [fault(yaml.at(['rules', at, 'ramp', 'noSteeperThan']), `rules[${at}].ramp.noSteeperThan: ${wrong}`)];
}

/** `5%` as 0.05, without the noise of a division. */
function shareOf(percent: string | undefined): number | undefined {
  return percent === undefined ? undefined : Number((Number.parseFloat(percent) / 100).toFixed(8));
}
