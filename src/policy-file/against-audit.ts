import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Deed, movingDeeds, type Verdict } from '../domain/policy/judge.ts';
import { judgeObject } from '../domain/policy/judge-object.ts';
import type { Policy } from '../domain/policy/policy.ts';
import { type Growth, growthOf, namesOf } from '../domain/policy/targets.ts';
import { splitSchema } from '../domain/routing/ledger.ts';
import { objectKinds } from '../domain/routing/object.ts';

/** What an event of the audit tells about a decision of the policy. */
const decision = z.object({
  kind: z.enum(['accepted', 'awaiting', 'denied']),
  at: z.iso.datetime(),
  by: z.object({ user: z.string() }),
  channel: z.string(),
  deed: z.enum(movingDeeds),
  service: z.object({ cluster: z.string(), namespace: z.string(), service: z.string() }),
  object: z
    .object({ cluster: z.string(), namespace: z.string(), kind: z.enum(objectKinds), name: z.string() })
    .optional(),
  from: splitSchema.optional(),
  to: splitSchema.optional(),
  does: z.string().optional(),
  because: z.string().optional(),
  rampId: z.string().optional(),
});
type Decision = z.infer<typeof decision>;

const wasOf = { accepted: 'allowed', awaiting: 'needs-approval', denied: 'refused' } as const;

/** Denials that no policy file decides: what people locked or froze, and who somebody is to the team. */
const notOfTheFile: readonly string[] = [
  ...['locked', 'frozen', 'deactivated', 'outsider', 'bot', 'guest', 'person-unknown', 'membership-unknown'],
  'own-request',
];

/** What the policy would decide now of what was decided in the past: a line for each decision that would be another. */
export function againstAudit(policy: Policy, path: string): readonly string[] {
  const decisions = readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => decisionIn(line) ?? []);
  const judged = decisions.map((each) => ({ each, verdict: judgeAgain(policy, each) }));
  const unclear = judged.filter(({ verdict }) => isUnclear(verdict));
  const others = judged.filter(({ each, verdict }) => !isUnclear(verdict) && verdict.kind !== wasOf[each.kind]);
  const told = unclear.length === 0 ? '' : `; ${unclear.length} hang on user groups of Slack and cannot be told`;
  return [
    `  against ${path}: ${judged.length} decisions, ${others.length} would be others${told}`,
    ...others.map(({ each, verdict }) => `    ${describe(each, verdict)}`),
  ];
}

/** Undefined for a line about something else. A step of a ramp was decided with the whole ramp, which the audit does not have. */
function decisionIn(line: string): Decision | undefined {
  if (line.trim() === '') return undefined;
  const read = decision.safeParse(parsed(line));
  if (!read.success || read.data.rampId !== undefined) return undefined;
  return notOfTheFile.includes(read.data.because ?? '') ? undefined : read.data;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a line that was cut off is no decision
    throw error;
  }
}

/** The audit names the service and the object, not all hosts. People count as members of the team: a policy file cannot tell. */
function judgeAgain(policy: Policy, { by, channel, deed, service, object, at, ...rest }: Decision): Verdict {
  const { cluster, namespace } = service;
  const named = { cluster, namespace, kind: 'VirtualService', name: service.service } as const;
  const host = namespace === (object ?? named).namespace ? service.service : `${service.service}.${namespace}.svc`;
  return judgeObject(policy, {
    who: { id: by.user, standing: { kind: 'member' } },
    channel,
    names: namesOf({ object: object ?? named, hosts: [host], routed: [] }),
    deed,
    growth: growthIn(rest, deed),
    at: new Date(at),
    holds: [],
    memberships: new Map(),
  }).verdict;
}

function growthIn({ from, to, does }: Pick<Decision, 'from' | 'to' | 'does'>, deed: Deed): Growth | undefined {
  const grown = from === undefined || to === undefined ? undefined : growthOf(from, to);
  if (does === undefined) return grown;
  return { step: grown?.step ?? 0, reached: 100, ...(deed !== 'rollback' && { isAtLeast: true }) };
}

function isUnclear(verdict: Verdict): boolean {
  return verdict.kind === 'refused' && verdict.denial.reason === 'membership-unknown';
}

const words = { allowed: 'allowed', 'needs-approval': 'waiting for approval', refused: 'refused' };

function describe({ at, by, deed, service, kind, because }: Decision, verdict: Verdict): string {
  const { cluster, namespace, service: name } = service;
  const was = because === undefined ? words[wasOf[kind]] : `${words[wasOf[kind]]} (${because})`;
  return `${at} ${by.user} ${deed} ${cluster}/${namespace}/${name}: was ${was}, would be ${words[verdict.kind]}${whyText(verdict)}`;
}

function whyText(verdict: Verdict): string {
  if (verdict.kind === 'allowed') return '';
  const rule = verdict.kind === 'refused' ? verdict.denial.rule : verdict.needs.rule;
  const parts = [
    ...(verdict.kind === 'refused' ? [verdict.denial.reason] : []),
    ...(rule === undefined ? [] : [`rule ${rule.name}, line ${rule.line}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
