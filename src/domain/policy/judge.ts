import type { Needs } from './approvals.ts';
import { type Exceptions, freezesAt, type Hold } from './freeze.ts';
import { among, isNamed, type Memberships, type Person, type UnknownGroup, type Who } from './groups.ts';
import { type Policy, type PolicyRule, type RuleRef, ruleFor, rulesForEach, rulesReached } from './policy.ts';
import {
  guardIsRequired,
  hoursAreOver,
  rampIsTooSteep,
  rampIsWanted,
  type Upward,
  type UpwardDenial,
  upwardReasons,
} from './ramps/denials.ts';
import { mostReached, type RampAsk } from './ramps/ramp-ask.ts';
import { type TooLarge, tooLarge } from './ramps/too-large.ts';
import type { Growth } from './targets.ts';

export const deeds = [
  'shift',
  'promote',
  'rollback',
  'approve',
  'reject',
  'discard',
  'lock',
  'unlock',
  'freeze',
  'thaw',
] as const;
export type Deed = (typeof deeds)[number];
/** Deeds that move traffic. */
export const movingDeeds = ['shift', 'promote', 'rollback'] as const satisfies readonly Deed[];
export type MovingDeed = (typeof movingDeeds)[number];

/** What a person wants to do, and everything that the decision depends on. */
export interface Ask {
  readonly who: Person;
  readonly channel: string;
  /** Every name of the object (`targetsOf`). */
  readonly targets: readonly string[];
  readonly deed: Deed;
  /** What the change gives to a version (`growthOf`). Absent if nothing moves. */
  readonly growth?: Growth | undefined;
  /**
   * The whole ramp that this begins or goes on with; `growth` is then that of the next step. Policy is asked about steps up only: going back
   * needs nobody.
   */
  readonly ramp?: RampAsk | undefined;
  /** Who asked for the change that this deed decides about. */
  readonly requester?: string | undefined;
  readonly at: Date;
  /** Locks and freezes that people set and that are in force for the object. Freezes of the file are not in it: the policy has them. */
  readonly holds: readonly Hold[];
  readonly memberships: Memberships;
}

export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'needs-approval'; readonly needs: Needs }
  | { readonly kind: 'refused'; readonly denial: Denial };

/** Why policy refuses. A closed list: replies have a text for each. */
export const denialReasons = [
  'deactivated',
  'outsider',
  'bot',
  'guest',
  'person-unknown',
  'no-rule',
  'wrong-channel',
  'not-allowed',
  'membership-unknown',
  'own-request',
  'locked',
  'frozen',
  ...upwardReasons,
  'step-too-large',
  'step-unmeasured',
  'several-approvals',
] as const;
export type DenialReason = (typeof denialReasons)[number];

export type Denial = { readonly rule?: RuleRef | undefined } & (
  | { readonly reason: 'deactivated' | 'outsider' | 'bot' | 'guest' | 'own-request' }
  | { readonly reason: 'person-unknown'; readonly why: string }
  | { readonly reason: 'no-rule'; readonly targets: readonly string[] }
  | { readonly reason: 'wrong-channel'; readonly channels: readonly string[] }
  | { readonly reason: 'not-allowed'; readonly deed: Deed; readonly who: readonly Who[] }
  | { readonly reason: 'membership-unknown'; readonly groups: readonly UnknownGroup[] }
  | { readonly reason: 'locked' | 'frozen'; readonly hold: Hold }
  | UpwardDenial
  | ({ readonly reason: 'step-too-large'; readonly maxStep: number } & TooLarge)
  /** The edit is more than weights, the rule limits steps, and no approval could make up for that. */
  | { readonly reason: 'step-unmeasured'; readonly maxStep: number }
  /** Several objects, whose approvals would come from different rules. */
  | { readonly reason: 'several-approvals'; readonly rules: readonly RuleRef[] }
);

/** The result of one check, for `/shift why`. */
export interface Finding {
  readonly check: CheckName;
  readonly says: 'pass' | 'refuse' | 'ask';
}

export interface Judgement {
  readonly verdict: Verdict;
  /** The rule that matched. */
  readonly rule?: RuleRef | undefined;
  /** The checks that ran, up to the one that decided. */
  readonly findings: readonly Finding[];
}

/** Decides what may be done. Pure: the same policy and the same ask give the same judgement. */
export function judge(policy: Policy, ask: Ask): Judgement {
  return judgeUnder(policy, ruleFor(policy, ask.targets), ask);
}

/** Judges an edit of a whole object: every rule that matches one of the object's names must agree. */
export function judgeEach(policy: Policy, ask: Ask): Judgement {
  const rules = rulesForEach(policy, ask.targets);
  const approving = rules.filter((rule) => rule?.approve !== undefined);
  const isAboutApproval = ask.deed === 'approve' || ask.deed === 'reject'; // the other rules say nothing about approvals
  const [first, ...more] = isAboutApproval && approving.length > 0 ? approving : rules;
  return together([judgeUnder(policy, first, ask), ...more.map((rule) => judgeUnder(policy, rule, ask))]);
}

/** Judges a freeze that covers several objects: every rule that its glob reaches must agree. */
export function judgeReach(policy: Policy, ask: Ask): Judgement {
  const [first, ...more] = rulesReached(policy, ask.targets).map((rule) => judgeUnder(policy, rule, ask));
  if (first === undefined) return judgeUnder(policy, undefined, ask);
  return [first, ...more].find(({ verdict }) => verdict.kind === 'refused') ?? first;
}

/** Combines the judgements of objects that change together: all must be allowed, and one rule must ask for all the approvals. */
export function together([first, ...more]: readonly [Judgement, ...Judgement[]]): Judgement {
  const all = [first, ...more];
  const refusing = all.find(({ verdict }) => verdict.kind === 'refused');
  if (refusing !== undefined) return refusing;
  const asking = all.filter(({ verdict }) => verdict.kind === 'needs-approval');
  const [one = first] = asking;
  const rules = [...new Map(asking.flatMap(({ rule }) => (rule === undefined ? [] : [[rule.line, rule]]))).values()];
  if (rules.length < 2) return one;
  return { ...one, verdict: { kind: 'refused', denial: { reason: 'several-approvals', rules } } };
}

/** Whether a lock or a freeze stops it. Checks nothing else. */
export function heldBack(policy: Policy, ask: Ask): Denial | undefined {
  const rule = ruleFor(policy, ask.targets);
  const facts: Facts = { ask, policy, rule, ref: rule && { name: rule.name, line: rule.line } };
  const said = objectIsLocked(facts) ?? objectIsFrozen(facts);
  return said?.kind === 'refused' ? said.denial : undefined;
}

function judgeUnder(policy: Policy, rule: PolicyRule | undefined, ask: Ask): Judgement {
  const facts: Facts = { ask, policy, rule, ref: rule && { name: rule.name, line: rule.line } };
  const findings: Finding[] = [];
  for (const [check, look] of checks) {
    const said = look(facts);
    findings.push({ check, says: said === undefined ? 'pass' : said.kind === 'refused' ? 'refuse' : 'ask' });
    if (said !== undefined) return { verdict: said, rule: facts.ref, findings };
  }
  return { verdict: { kind: 'allowed' }, rule: facts.ref, findings };
}

interface Facts {
  readonly ask: Ask;
  readonly policy: Policy;
  readonly rule: PolicyRule | undefined;
  readonly ref: RuleRef | undefined;
}

type Said = Exclude<Verdict, { kind: 'allowed' }> | undefined;

/** Most severe first. The first check with something to say decides. */
const checks = [
  ['standing', personHasNoStanding],
  ['rule', noRuleMatches],
  ['channel', channelIsNotTheirs],
  ['right', personMayNot],
  ['four-eyes', requestIsTheirOwn],
  ['lock', objectIsLocked],
  ['freeze', objectIsFrozen],
  ['ramp', goingUp(rampIsWanted)],
  ['steepness', goingUp(rampIsTooSteep)],
  ['guard', goingUp(guardIsRequired)],
  ['step', stepIsTooLarge],
  ['hours', goingUp(hoursAreOver)],
  ['approval', approvalIsNeeded],
] as const;
export type CheckName = (typeof checks)[number][0];

/** Guests, bots and people of other teams have rights only if the policy names their id. */
function personHasNoStanding({ ask: { who, deed }, rule, ref }: Facts): Said {
  const { standing, id } = who;
  if (standing.kind === 'member') return undefined;
  if (standing.kind === 'deactivated') return refused({ reason: 'deactivated', rule: ref });
  if (rule !== undefined && isNamed(thoseWhoMay(rule, deed), id)) return undefined;
  if (standing.kind === 'unknown') return refused({ reason: 'person-unknown', why: standing.why, rule: ref });
  return refused({ reason: standing.kind, rule: ref });
}

function noRuleMatches({ ask: { targets }, policy, rule }: Facts): Said {
  return policy.rules !== undefined && rule === undefined ? refused({ reason: 'no-rule', targets }) : undefined;
}

function channelIsNotTheirs({ ask: { channel }, rule, ref }: Facts): Said {
  const channels = rule?.channels;
  return channels === undefined || channels.includes(channel)
    ? undefined
    : refused({ reason: 'wrong-channel', channels, rule: ref });
}

function personMayNot({ ask, rule, ref }: Facts): Said {
  if (rule === undefined) return undefined;
  const who = thoseWhoMay(rule, ask.deed);
  const found = among(who, ask.who, ask.memberships);
  if (found.kind === 'in') return undefined;
  if (found.kind === 'unknown') return refused({ reason: 'membership-unknown', groups: found.groups, rule: ref });
  return refused({ reason: 'not-allowed', deed: ask.deed, who, rule: ref });
}

function requestIsTheirOwn({ ask: { deed, who, requester }, ref }: Facts): Said {
  return deed === 'approve' && who.id === requester ? refused({ reason: 'own-request', rule: ref }) : undefined;
}

function objectIsLocked({ ask, rule, ref }: Facts): Said {
  const hold = ask.holds.find((each) => each.kind === 'lock' && !goesThrough(ask, rule, each.except, []));
  return hold === undefined || !moves(ask.deed) ? undefined : refused({ reason: 'locked', hold, rule: ref });
}

function objectIsFrozen({ ask, policy, rule, ref }: Facts): Said {
  if (!moves(ask.deed)) return undefined;
  const set = ask.holds.filter(({ kind }) => kind === 'freeze');
  const hold = [...freezesAt(policy.freezes, ask.targets, ask.at), ...set].find(
    (each) => !goesThrough(ask, rule, each.except, rule?.duringFreeze ?? []),
  );
  return hold === undefined ? undefined : refused({ reason: 'frozen', hold, rule: ref });
}

function stepIsTooLarge({ ask: { deed, growth, ramp }, rule, ref }: Facts): Said {
  const maxStep = rule?.maxStep;
  const letsGrow = deed === 'shift' || deed === 'promote' || deed === 'approve';
  if (!letsGrow || maxStep === undefined || growth === undefined) return undefined;
  const found = tooLarge(growth, ramp, maxStep);
  if (found !== undefined) return refused({ reason: 'step-too-large', ...found, maxStep, rule: ref });
  const isLookedAt = growth.isAtLeast !== true || rule?.approve !== undefined; // an approver looks at it instead
  return isLookedAt ? undefined : refused({ reason: 'step-unmeasured', maxStep, rule: ref });
}

/** A ramp is approved once, for its largest share. */
function approvalIsNeeded({ ask: { deed, growth, ramp }, rule, ref }: Facts): Said {
  if (rule?.approve === undefined || ref === undefined || !moves(deed)) return undefined;
  const { by, count, from, expiresMs } = rule.approve;
  if (deed === 'rollback' && !rule.rollback.approve) return undefined;
  const reached = Math.max(growth?.reached ?? 0, ramp === undefined ? 0 : mostReached(ramp));
  if ((growth ?? ramp) !== undefined && reached < from) return undefined;
  return { kind: 'needs-approval', needs: { by, count, expiresMs, rule: ref } };
}

function thoseWhoMay({ shift, approve, rollback }: PolicyRule, deed: Deed): readonly Who[] {
  if (deed === 'rollback') return rollback.only ?? [...shift, ...rollback.also];
  return deed === 'approve' || deed === 'reject' ? (approve?.by ?? []) : shift;
}

/** Only people who are certainly excepted go through; unknown membership does not count. */
function goesThrough(
  { deed, who, memberships }: Ask,
  rule: PolicyRule | undefined,
  except: Exceptions,
  more: readonly Who[],
): boolean {
  if (deed === 'rollback' && except.rollback && rule?.rollback.duringFreeze !== false) return true;
  const found = among([...except.who, ...more], who, memberships);
  return found.kind === 'in';
}

/** A check of traffic that goes up: some version gets more than it has, or may. Rollbacks are free. Without a policy file nothing is required. */
function goingUp(look: (upward: Upward) => UpwardDenial | undefined): (facts: Facts) => Said {
  return ({ ask: { deed, growth, ramp, at }, policy, rule, ref }) => {
    const grows = growth !== undefined && (growth.step > 0 || growth.isAtLeast === true);
    if (rule === undefined || (deed !== 'shift' && deed !== 'promote') || (ramp === undefined && !grows))
      return undefined;
    const denial = look({ policy, rule, growth, ramp, at });
    return denial && refused({ ...denial, rule: ref });
  };
}

function moves(deed: Deed): boolean {
  return movingDeeds.some((each) => each === deed);
}

function refused(denial: Denial): Said {
  return { kind: 'refused', denial };
}
