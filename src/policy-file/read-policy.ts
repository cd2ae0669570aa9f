import { z } from 'zod';
import type { Freeze } from '../domain/policy/freeze.ts';
import { globCovers } from '../domain/policy/glob.ts';
import { isNamed, type Who } from '../domain/policy/groups.ts';
import type { MaxStep } from '../domain/policy/pace.ts';
import type { ApproveRule, Policy, PolicyRule, RollbackRule } from '../domain/policy/policy.ts';
import { fault, inOrder, schemaFaults } from '../yaml/faults.ts';
import { type Fault, type ReadYaml, readYaml, textOf } from '../yaml/read-yaml.ts';
import { readCalendar } from './calendar.ts';
import { durationOf } from './fields.ts';
import { type FreezeText, type PolicyText, policySchema, type RuleText, userPattern } from './schema.ts';
import { boundHolds, toGuard, toHours, toRampRule, toRamps } from './to-ramps.ts';

/** The policy of a file, or all its faults in the order of the file. */
export type ReadPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly groups: number; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** More than any person writes, and little enough to parse quickly whatever it contains. */
export const largestPolicy = 256 * 1024;

export function readPolicy(bytes: Uint8Array): ReadPolicy {
  if (bytes.length > largestPolicy) return wrongFile(`the file is larger than ${largestPolicy / 1024} KB`);
  const text = textOf(bytes);
  if (text === undefined) return wrongFile('the file is not UTF-8');
  const yaml = readYaml(text);
  if (yaml.faults.length > 0 && yaml.value === undefined) return failed(yaml.faults);
  if (yaml.value === null) return failed([...yaml.faults, fault({ line: 1, column: 1 }, emptyFile)]);

  const parsed = policySchema({ groups: namesIn(yaml.value, 'groups'), ramps: namesIn(yaml.value, 'ramps') }).safeParse(
    yaml.value,
  );
  if (!parsed.success || yaml.faults.length > 0) {
    const issues = parsed.success ? [] : schemaFaults(parsed.error.issues, yaml, knownKeys);
    return failed([...yaml.faults, ...issues]);
  }
  const twice = [...namedTwice(parsed.data.rules, 'rules', yaml), ...namedTwice(parsed.data.freezes, 'freezes', yaml)];
  if (twice.length > 0) return failed(twice);
  return toPolicy(parsed.data, yaml);
}

const emptyFile =
  'the file is empty: write `rules:` with a list below it, or unset POLICY_FILE to let every member of the team shift';

function wrongFile(message: string): ReadPolicy {
  return failed([fault({ line: 1, column: 1 }, message)]);
}

function failed(faults: readonly Fault[]): ReadPolicy {
  return { ok: false, faults: inOrder(faults) };
}

/** Read first, because the schema of the rest checks names against them. */
function namesIn(value: unknown, key: 'groups' | 'ramps'): ReadonlySet<string> {
  const parsed = z.looseObject({ [key]: z.record(z.string(), z.unknown()) }).safeParse(value);
  return new Set(parsed.success ? Object.keys(parsed.data[key] ?? {}) : []);
}

const knownKeys = [
  ...['v', 'groups', 'rules', 'freezes', 'usergroup', 'sequences'],
  ...[
    'name',
    'target',
    'channels',
    'shift',
    'approve',
    'maxStep',
    'rollback',
    'duringFreeze',
    'overrideOwner',
    'withoutPods',
  ],
  ...['by', 'count', 'from', 'expires', 'also', 'only', 'cron', 'for', 'timezone', 'except'],
  ...['ramps', 'steps', 'every', 'ramp', 'noSteeperThan', 'guard', 'hours', 'errors', 'latency', 'times', 'atMost'],
  ...['blind', 'act', 'query', 'looks', 'mayBeOff', 'points'],
];

function namedTwice(
  all: readonly { readonly name?: string | undefined }[],
  list: string,
  yaml: ReadYaml,
): readonly Fault[] {
  const seen = new Set<string>();
  return all.flatMap(({ name }, at) => {
    const again = name !== undefined && seen.has(name);
    if (name !== undefined) seen.add(name);
    return again
      ? [fault(yaml.at([list, at, 'name']), `${list}[${at}].name: \`${name}\` is already used: choose another name`)]
      : [];
  });
}

function toPolicy(text: PolicyText, yaml: ReadYaml): ReadPolicy {
  const whoOf = whoIn(text.groups);
  const ramps = toRamps(text.ramps, yaml);
  const rules = text.rules.map((rule, at) => toRule(rule, yaml.at(['rules', at]).line, { whoOf, ramps }));
  const freezes = text.freezes.map((freeze, at) => toFreeze(freeze, yaml.at(['freezes', at]).line, whoOf));
  const counts = rules.map((rule, at) => ({ rule, where: yaml.at(['rules', at, 'approve', 'count']), at }));
  const unmet = counts.flatMap(neverApproved);
  if (unmet.length > 0) return failed(unmet);
  const unreachable = rules.flatMap((rule, at) => neverReached(rule, rules.slice(0, at), yaml.at(['rules', at])));
  return {
    ok: true,
    policy: { rules, freezes, ramps, sequences: new Map(Object.entries(text.sequences)) },
    groups: Object.keys(text.groups).length,
    warnings: [
      ...unreachable,
      ...counts.flatMap(notForApprovers),
      ...rules.flatMap((rule, at) => boundHolds(rule, at, yaml)),
    ].toSorted((a, b) => a.line - b.line),
  };
}

interface Defined {
  readonly whoOf: WhoOf;
  readonly ramps: Policy['ramps'];
}

function toRule(rule: RuleText, line: number, { whoOf, ramps }: Defined): PolicyRule {
  return {
    name: rule.name ?? rule.target,
    line,
    target: rule.target,
    channels: rule.channels,
    shift: rule.shift.map(whoOf),
    approve: rule.approve && toApprove(rule.approve, whoOf),
    maxStep: rule.maxStep === undefined ? undefined : toMaxStep(rule.maxStep),
    rollback: toRollback(rule.rollback, whoOf),
    duringFreeze: (rule.duringFreeze ?? []).map(whoOf),
    overrideOwner: rule.overrideOwner,
    withoutPods: rule.withoutPods,
    ramp: rule.ramp && toRampRule(rule.ramp, ramps),
    guard: rule.guard && toGuard(rule.guard),
    hours: rule.hours === undefined ? undefined : toHours(rule.hours),
  };
}

/** Without a time of its own, so that several commands in a row are no way around it. */
const usualEveryMs = 60_000;

function toMaxStep(text: NonNullable<RuleText['maxStep']>): MaxStep {
  if (typeof text === 'number') return { points: text, everyMs: usualEveryMs };
  return { points: text.points, everyMs: durationOf(text.every) };
}

function toApprove({ by, count, from, expires }: NonNullable<RuleText['approve']>, whoOf: WhoOf): ApproveRule {
  return { by: by.map(whoOf), count, from, expiresMs: durationOf(expires) };
}

function toRollback(text: RuleText['rollback'], whoOf: WhoOf): RollbackRule {
  if (text === undefined || Array.isArray(text))
    return { also: (text ?? []).map(whoOf), only: undefined, approve: false, duringFreeze: true };
  const { also = [], only, approve, duringFreeze } = text;
  return { also: also.map(whoOf), only: only?.map(whoOf), approve, duringFreeze };
}

function toFreeze({ name, target, cron, timezone, except, ...text }: FreezeText, line: number, whoOf: WhoOf): Freeze {
  const read = readCalendar(cron, timezone);
  if (!read.ok) throw new Error(`a checked cron expression cannot be read: ${read.wrong}`);
  return {
    name,
    target,
    begins: read.calendar,
    lastsMs: durationOf(text.for),
    timezone,
    except: {
      rollback: except.includes('rollback'),
      who: except.filter((each) => each !== 'rollback').map(whoOf),
    },
    line,
  };
}

type WhoOf = (name: string) => Who;

function whoIn(groups: PolicyText['groups']): WhoOf {
  return (name) => {
    if (name === 'everyone') return { kind: 'everyone' };
    if (userPattern.test(name)) return { kind: 'user', id: name };
    const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (group === undefined) throw new Error(`a checked group is not there: ${name}`);
    return Array.isArray(group)
      ? { kind: 'group', name, users: group }
      : { kind: 'usergroup', name, id: group.usergroup };
  };
}

function neverReached(
  { target }: PolicyRule,
  above: readonly PolicyRule[],
  where: Pick<Fault, 'line' | 'column'>,
): readonly Fault[] {
  const first = above.find((rule) => globCovers(rule.target, target));
  return first === undefined
    ? []
    : [
        fault(
          where,
          `this rule is never reached: \`${first.target}\` in line ${first.line} matches everything that it matches`,
        ),
      ];
}

interface ApprovalCount {
  readonly rule: PolicyRule;
  readonly where: Pick<Fault, 'line' | 'column'>;
  readonly at: number;
}

/** Fails if all approvers are named by id and they are too few. */
function neverApproved({ rule: { approve }, where, at }: ApprovalCount): readonly Fault[] {
  const people = approve && everyoneIn(approve.by);
  if (approve === undefined || people === undefined || people.size >= approve.count) return [];
  const named = people.size === 1 ? 'one person' : `${people.size} people`;
  const wrong = `needs ${approve.count} approvals, but \`by\` names ${named}: name more`;
  return [fault(where, `rules[${at}].approve.count: ${wrong}`)];
}

/** Warns if a person who may both shift and approve could never get enough approvals, since nobody approves their own change. */
function notForApprovers({ rule: { approve, shift }, where, at }: ApprovalCount): readonly Fault[] {
  const people = approve && everyoneIn(approve.by);
  if (approve === undefined || people === undefined || people.size > approve.count) return [];
  const asking = [...people].filter((id) => isNamed(shift, id) || shift.some(({ kind }) => kind === 'everyone'));
  if (asking.length === 0) return [];
  const wrong = `changes by ${asking.slice(0, 3).join(', ')} can never be approved, since people cannot approve their own changes`;
  return [fault(where, `rules[${at}].approve.count: ${wrong}`)];
}

/** Undefined if some names are user groups of Slack, or `everyone`: the file does not say who that is. */
function everyoneIn(all: readonly Who[]): ReadonlySet<string> | undefined {
  const ids = all.map((who) => (who.kind === 'user' ? [who.id] : who.kind === 'group' ? who.users : undefined));
  return ids.includes(undefined) ? undefined : new Set(ids.flatMap((each) => each ?? []));
}
