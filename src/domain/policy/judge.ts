import type { Needs } from './approvals.ts';
import { type Exceptions, freezesAt, type Hold, type UnreadableHold } from './freeze.ts';
import { among, isNamed, type Memberships, type Person, type UnknownGroup, type Who } from './groups.ts';
import { type MaxStep, type Rise, type TooSoon, tooSoon } from './pace.ts';
import { type Policy, type PolicyRule, type RuleRef, ruleFor, rulesReached } from './policy.ts';
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
import { type TooFast, tooFast } from './ramps/too-fast.ts';
import { type TooLarge, tooLarge } from './ramps/too-large.ts';
import type { Growth, HostTarget } from './targets.ts';

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
  /** Names of what is asked about. The first rule that matches any of them decides. */
  readonly targets: readonly string[];
  readonly deed: Deed;
  /** What the change gives to a version (`growthOf`). Absent if nothing moves. */
  readonly growth?: Growth | undefined;
  /** The same of each version, with what our changes did to it before. */
  readonly rises?: readonly Rise[] | undefined;
  /** It only goes back on the way that the object came, so it is as free as a rollback. */
  readonly goesBack?: boolean | undefined;
  /** A rollback that does not go back: it is judged as a shift. */
  readonly isForward?: boolean | undefined;
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
  'several-approvals', // said by older versions; stored changes may still have it
] as const;
export type DenialReason = (typeof denialReasons)[number];

export type Denial = {
  readonly rule?: RuleRef | undefined;
  /** The host for which the rule decides, or which is held. Absent if the object has only one. */
  readonly host?: HostTarget | undefined;
  /** It was asked for as a rollback, and does not go back. */
  readonly isForward?: true | undefined;
} & (
  | { readonly reason: 'deactivated' | 'outsider' | 'bot' | 'guest' | 'own-request' }
  | { readonly reason: 'person-unknown'; readonly why: string }
  | { readonly reason: 'no-rule'; readonly targets: readonly string[] }
  | { readonly reason: 'wrong-channel'; readonly channels: readonly string[] }
  | { readonly reason: 'not-allowed'; readonly deed: Deed; readonly who: readonly Who[] }
  | { readonly reason: 'membership-unknown'; readonly groups: readonly UnknownGroup[] }
  | { readonly reason: 'locked' | 'frozen'; readonly hold: Hold }
  | UpwardDenial
  /** `soon`: with what the version got before. `fast`: with the steps before in the same ramp. */
  | ({
      readonly reason: 'step-too-large';
      readonly maxStep: number;
      readonly soon?: TooSoon | undefined;
      readonly fast?: TooFast | undefined;
    } & TooLarge)
  /** The edit is more than weights, the rule limits steps, and no approval could make up for that. */
  | { readonly reason: 'step-unmeasured'; readonly maxStep: number }
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
  /** What each rule says of each host. Absent if there is only one. */
  readonly hosts?: readonly HostJudgement[] | undefined;
  /** It counts as going back though it is a shift, or as a shift though it is a rollback. */
  readonly countsAs?: 'back' | 'shift' | undefined;
  /** Locks and freezes that it went through though they cannot be read. */
  readonly unreadable?: readonly UnreadableHold[] | undefined;
}

export interface HostJudgement {
  readonly host: HostTarget;
  readonly rule: RuleRef | undefined;
  readonly says: Verdict['kind'];
}

/** Decides what may be done under the first rule that matches. Pure: the same policy and the same ask give the same judgement. */
export function judge(policy: Policy, ask: Ask): Judgement {
  return judgeUnder(policy, ruleFor(policy, ask.targets), ask);
}

/** Judges a freeze that covers several objects: every rule that may decide within its glob must agree. */
export function judgeReach(policy: Policy, ask: Omit<Ask, 'targets'> & { readonly glob: string }): Judgement {
  const asked = { ...ask, targets: [ask.glob] };
  const [first, ...more] = rulesReached(policy, ask.glob).map((rule) => judgeUnder(policy, rule, asked));
  if (first === undefined) return judgeUnder(policy, undefined, asked);
  return [first, ...more].find(({ verdict }) => verdict.kind === 'refused') ?? first;
}

/** Whether a lock or a freeze stops it under a rule. Checks nothing else. */
export function heldUnder(policy: Policy, rule: PolicyRule | undefined, ask: Ask): Denial | undefined {
  const facts = factsOf(policy, rule, ask);
  const said = objectIsLocked(facts) ?? objectIsFrozen(facts);
  const verdict = said && told(said, ask);
  return verdict?.kind === 'refused' ? verdict.denial : undefined;
}

/** Decides under a rule. */
export function judgeUnder(policy: Policy, rule: PolicyRule | undefined, ask: Ask): Judgement {
  const facts = factsOf(policy, rule, ask);
  const findings: Finding[] = [];
  for (const [check, look] of checks) {
    const said = look(facts);
    findings.push({ check, says: said === undefined ? 'pass' : said.kind === 'refused' ? 'refuse' : 'ask' });
    if (said !== undefined) return { verdict: told(said, ask), rule: facts.ref, findings, ...countsAs(ask) };
  }
  return { verdict: { kind: 'allowed' }, rule: facts.ref, findings, ...countsAs(ask) };
}

function countsAs({ deed, goesBack, isForward }: Ask): Pick<Judgement, 'countsAs'> {
  if (isForward === true) return { countsAs: 'shift' };
  return goesBack === true && moves(deed) && deed !== 'rollback' ? { countsAs: 'back' } : {};
}

/** A person who asked for a rollback is told why it is not free. */
function told(said: Exclude<Verdict, { kind: 'allowed' }>, { isForward }: Ask): Verdict {
  return said.kind === 'refused' && isForward === true
    ? { ...said, denial: { ...said.denial, isForward: true } }
    : said;
}

function factsOf(policy: Policy, rule: PolicyRule | undefined, ask: Ask): Facts {
  return { ask, policy, rule, ref: rule && { name: rule.name, line: rule.line } };
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
    (each) => !goesThrough(ask, rule, each.except, each.unreadable === undefined ? (rule?.duringFreeze ?? []) : []),
  );
  return hold === undefined ? undefined : refused({ reason: 'frozen', hold, rule: ref });
}

function stepIsTooLarge({ ask, rule, ref }: Facts): Said {
  const { deed, growth } = ask;
  const limit = rule?.maxStep;
  const letsGrow = deed === 'shift' || deed === 'promote' || deed === 'approve';
  if (!letsGrow || limit === undefined || growth === undefined || isFree(ask, rule)) return undefined;
  const maxStep = limit.points;
  const found = tooMuch(growth, ask, limit);
  if (found !== undefined) return refused({ reason: 'step-too-large', ...found, maxStep, rule: ref });
  const isLookedAt = growth.isAtLeast !== true || rule?.approve !== undefined; // an approver looks at it instead
  return isLookedAt ? undefined : refused({ reason: 'step-unmeasured', maxStep, rule: ref });
}

/** In one step, in the steps of a ramp that follow one another, or with what came before. */
function tooMuch(
  growth: Growth,
  { ramp, rises, at }: Pick<Ask, 'ramp' | 'rises' | 'at'>,
  limit: MaxStep,
): (TooLarge & { readonly soon?: TooSoon; readonly fast?: TooFast }) | undefined {
  const large = tooLarge(growth, ramp, limit.points);
  if (large !== undefined) return large;
  const fast = ramp && tooFast(ramp, limit);
  if (fast !== undefined) return { step: fast.points, fast };
  const soon = rises && tooSoon(rises, limit, at);
  return soon && { step: soon.points, soon };
}

/** A ramp is approved once, for its largest share. */
function approvalIsNeeded({ ask, rule, ref }: Facts): Said {
  const { deed, growth, ramp } = ask;
  if (rule?.approve === undefined || ref === undefined || !moves(deed)) return undefined;
  const { by, count, from, expiresMs } = rule.approve;
  if (goesBack(ask, rule) && !rule.rollback.approve) return undefined;
  const reached = Math.max(growth?.reached ?? 0, ramp === undefined ? 0 : mostReached(ramp));
  if ((growth ?? ramp) !== undefined && reached < from) return undefined;
  return { kind: 'needs-approval', needs: { by, count, expiresMs, rule: ref } };
}

function thoseWhoMay({ shift, approve, rollback }: PolicyRule, deed: Deed): readonly Who[] {
  if (deed === 'rollback') return rollback.only ?? [...shift, ...rollback.also];
  return deed === 'approve' || deed === 'reject' ? (approve?.by ?? []) : shift;
}

/** Going back, by whatever command. Only for those who may roll back. */
function goesBack(ask: Ask, rule: PolicyRule | undefined): boolean {
  if (ask.deed === 'rollback') return true;
  if (ask.goesBack !== true) return false;
  return rule === undefined || among(thoseWhoMay(rule, 'rollback'), ask.who, ask.memberships).kind === 'in';
}

/** The same for a deed that only lets somebody else's change go on. */
function isFree(ask: Ask, rule: PolicyRule | undefined): boolean {
  return ask.deed === 'approve' ? ask.goesBack === true : goesBack(ask, rule);
}

/** Only people who are certainly excepted go through; unknown membership does not count. */
function goesThrough(ask: Ask, rule: PolicyRule | undefined, except: Exceptions, more: readonly Who[]): boolean {
  if (except.rollback && rule?.rollback.duringFreeze !== false && goesBack(ask, rule)) return true;
  const { who, memberships } = ask;
  const found = among([...except.who, ...more], who, memberships);
  return found.kind === 'in';
}

/** A check of traffic that goes up: some version gets more than it has, or may. Rollbacks are free. Without a policy file nothing is required. */
function goingUp(look: (upward: Upward) => UpwardDenial | undefined): (facts: Facts) => Said {
  return ({ ask, policy, rule, ref }) => {
    const { deed, growth, ramp, at } = ask;
    const grows = growth !== undefined && (growth.step > 0 || growth.isAtLeast === true);
    if (rule === undefined || (deed !== 'shift' && deed !== 'promote') || (ramp === undefined && !grows))
      return undefined;
    if (goesBack(ask, rule)) return undefined;
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
