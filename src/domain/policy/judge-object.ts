import { allNeeds } from './approvals.ts';
import { type AllDeciding, type Deciding, rulesDeciding, rulesDecidingWhole } from './deciding.ts';
import type { Hold } from './freeze.ts';
import { type Ask, type Deed, type Denial, heldUnder, type Judgement, judgeUnder } from './judge.ts';
import type { Policy } from './policy.ts';
import { touchesAny } from './set-hold.ts';
import type { ObjectNames } from './targets.ts';

/** What a person wants to do to an object, which has many names. */
export interface AskOfObject extends Omit<Ask, 'targets'> {
  readonly names: ObjectNames;
  /** The object is written whole, and may take over any host. */
  readonly isWhole?: boolean | undefined;
}

/** Judges an object by all the hosts that are touched: all rules that decide about one of them must allow, and any hold on one of them holds. */
export function judgeObject(policy: Policy, ask: AskOfObject): Judgement {
  const [first, ...more] = decidingAbout(policy, ask).map((deciding) => judgeHost(policy, ask, deciding));
  if (first === undefined) throw new Error('no rule and no lack of one is judged');
  const judgement = together(ask.deed, [first.judgement, ...more.map((each) => each.judgement)]);
  const hosts = [first, ...more].flatMap(({ deciding: { host }, judgement: { rule, verdict } }) =>
    host === undefined ? [] : [{ host, rule, says: verdict.kind }],
  );
  return hosts.length === 0 ? judgement : { ...judgement, hosts };
}

/** The rules that decide about what is asked. */
export function decidingAbout(policy: Policy, { names, isWhole }: Pick<AskOfObject, 'names' | 'isWhole'>): AllDeciding {
  return (isWhole === true ? rulesDecidingWhole : rulesDeciding)(policy, names);
}

/**
 * Combines judgements about hosts or objects that change together: all must be allowed, and what each rule asks for must be met. A person
 * who approves needs the right of one rule only, because each rule counts its own approvals.
 */
export function together(deed: Deed, [first, ...more]: readonly [Judgement, ...Judgement[]]): Judgement {
  const all = [first, ...more];
  const refusing = all.filter(({ verdict }) => verdict.kind === 'refused');
  const isAboutApproval = deed === 'approve' || deed === 'reject';
  const mayFor = isAboutApproval ? all.find(({ verdict }) => verdict.kind !== 'refused') : undefined;
  if (mayFor !== undefined) return mayFor;
  const [refused] = isAboutApproval ? refusing.toSorted((a, b) => tellsLess(a) - tellsLess(b)) : refusing;
  if (refused !== undefined) return refused;
  const asking = all.filter(({ verdict }) => verdict.kind === 'needs-approval');
  const [one, ...others] = asking.flatMap(({ verdict }) => (verdict.kind === 'needs-approval' ? [verdict.needs] : []));
  const asker = asking[0] ?? first;
  return one === undefined
    ? first
    : { ...asker, verdict: { kind: 'needs-approval', needs: allNeeds([one, ...others]) } };
}

/** A rule without approvals refuses every approver, which tells a person nothing. */
function tellsLess({ verdict }: Judgement): number {
  const denial = verdict.kind === 'refused' ? verdict.denial : undefined;
  if (denial?.reason !== 'not-allowed') return 0;
  return denial.who.length > 0 ? 1 : 2;
}

/** Whether a lock or a freeze stops it. Checks nothing else. */
export function heldBack(policy: Policy, ask: AskOfObject): Denial | undefined {
  for (const deciding of decidingAbout(policy, ask)) {
    const denial = heldUnder(policy, deciding.rule, askOfHost(ask, deciding));
    if (denial !== undefined) return withHost(denial, deciding);
  }
  return undefined;
}

function judgeHost(policy: Policy, ask: AskOfObject, deciding: Deciding) {
  const judged = judgeUnder(policy, deciding.rule, askOfHost(ask, deciding));
  const { verdict } = judged;
  const judgement =
    verdict.kind === 'refused'
      ? { ...judged, verdict: { ...verdict, denial: withHost(verdict.denial, deciding) } }
      : judged;
  return { deciding, judgement };
}

/** With the holds on this host or the object itself; the rule of another host decides about its own. */
function askOfHost(ask: AskOfObject, { names }: Deciding): Ask {
  const others = targetsIn(ask.names).filter((name) => !names.includes(name));
  const isOthersOnly = ({ target }: Hold) =>
    target !== undefined && !touchesAny(target, names) && touchesAny(target, others);
  return { ...ask, targets: names, holds: ask.holds.filter((hold) => !isOthersOnly(hold)) };
}

function targetsIn({ hosts }: ObjectNames): readonly string[] {
  return hosts.flatMap(({ name, orElse }) => (orElse === undefined ? [name] : [name, orElse]));
}

function withHost(denial: Denial, { host }: Deciding): Denial {
  if (host === undefined) return denial;
  return denial.reason === 'no-rule' ? { ...denial, targets: [host.name], host } : { ...denial, host };
}
