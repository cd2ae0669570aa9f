import { formatCommand } from '../../domain/language/command.ts';
import { formatDuration } from '../../domain/language/duration.ts';
import { eachNeed, type Needs } from '../../domain/policy/approvals.ts';
import type { Hold, UnreadableHold } from '../../domain/policy/freeze.ts';
import type { UnknownGroup, Who } from '../../domain/policy/groups.ts';
import type { Deed, Denial, Judgement, Verdict } from '../../domain/policy/judge.ts';
import type { TooSoon } from '../../domain/policy/pace.ts';
import type { RuleRef } from '../../domain/policy/policy.ts';
import type { RampTold, UpwardDenial } from '../../domain/policy/ramps/denials.ts';
import type { TooFast } from '../../domain/policy/ramps/too-fast.ts';
import type { HostTarget } from '../../domain/policy/targets.ts';
import { code, escapeText, foreign, names, user } from './mrkdwn.ts';

/** What policy says of a plan, and as what it judged it. */
export function judgementTexts(judgement: Pick<Judgement, 'verdict' | 'countsAs' | 'unreadable'>): readonly string[] {
  const { verdict, countsAs, unreadable = [] } = judgement;
  const through = unreadable.length === 0 ? [] : [throughText(unreadable)];
  if (countsAs === undefined || (countsAs === 'shift' && verdict.kind === 'refused'))
    return [verdictText(verdict), ...through]; // a refusal says it
  return [countsAs === 'shift' ? forwardText : backText, verdictText(verdict), ...through];
}

/** What stands in Redis in place of a lock or freeze, and who takes it out. */
export function unreadableText({ kind, unreadable: { removeWith } }: UnreadableHold): string {
  return `What stands in Redis as a ${kind} is not as I wrote it, so I cannot tell what it holds. It stops what it may hold, all but rollbacks, until the people who run shiftbot take it out: ${code(removeWith, 300)}.`;
}

/** Of what only goes back. */
export function throughText([first, ...more]: readonly UnreadableHold[]): string {
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : `, and ${more.length} more that ${code('/shift status')} shows`;
  return `A ${first.kind} in Redis cannot be read, and going back goes through it. The people who run shiftbot take it out: ${code(first.unreadable.removeWith, 300)}${others}.`;
}

/** One sentence on what policy says of a plan. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'allowed':
      return 'You may do it, and nobody must approve.';
    case 'needs-approval':
      return needsText(verdict.needs);
    case 'refused':
      return denialText(verdict.denial);
  }
}

/** Who must approve, how many, and by when. */
export function needsText(needs: Needs): string {
  const also = needs.also === undefined ? '' : ' One person may count for several.';
  return `${needText(needs)}, within ${formatDuration(needs.expiresMs)}; the asker’s own does not count.${also}`;
}

/** What each rule asks for: `One approval by sre, and 2 approvals by payments`. */
export function needText(needs: Pick<Needs, 'by' | 'count' | 'rule' | 'also'>): string {
  const each = eachNeed(needs).map(({ by, count }, at) => {
    const one = at === 0 ? 'One approval' : 'one approval';
    return `${count === 1 ? one : `${count} approvals`} by ${whoText(by)}`;
  });
  return each.join(', and ');
}

/** Somebody changed the policy file, and it has an error now. */
export function policyProblemText(problem: string): string {
  return `*The policy file is wrong*, so the last good policy stays in force: ${code(problem, 300)}`;
}

export const unsignedText =
  '*Nothing signs what is kept in Redis:* whoever can write there can make up changes, and they are applied. Nor is the history on an object signed: whoever can edit the object can make up where a rollback goes. The people who run shiftbot set `RECORD_KEY`.';

/** Why policy refuses, and what to do about it. */
export function denialText(denial: Denial): string {
  const text = reasonText(denial);
  return denial.isForward === true ? `${forwardText} ${text}` : text;
}

/** Of a rollback. */
const forwardText =
  'This does not go back on the way that the traffic came, it brings back what was taken back, follows what shiftbot did not write in the history, or gives a version more again: it counts as a shift.';

/** Of a shift. */
const backText =
  'Every share goes back towards what it was before the newest change or ramp, and not past it: it counts as a rollback.';

/** Where nobody else sees a card. */
export function unseenText(channel: string): string {
  const where = channel.startsWith('D')
    ? 'here only you would see its card'
    : `I may not post its card in <#${channel}>: invite me there (${code('/invite @shiftbot')}), or`;
  const end = channel.startsWith('D') ? '. Type it in a channel that I am in' : ' type it in a channel that I am in';
  return `*Not accepted:* ${where}${end}, so that others see what moves. Nothing was changed. Looking and rolling back work everywhere.`;
}

function reasonText(denial: Denial): string {
  const by = underText(denial);
  switch (denial.reason) {
    case 'deactivated':
      return 'Slack says that this account is deactivated, so it may do nothing.';
    case 'outsider':
      return `You are of another team than I am, so you may only do what a policy file allows to your own user id, with your team before it (\`T…/U…\`)${by}.`;
    case 'guest':
      return `You are a guest here, so you may only do what the policy file allows to your own user id${by}.`;
    case 'bot':
      return `A bot may only do what the policy file allows to its own user id${by}.`;
    case 'person-unknown':
      return `I cannot tell whether you are a full member of this team, so I do nothing: ${foreign(denial.why)}.`;
    case 'no-rule':
      return `No rule of the policy file has a target that matches ${names(denial.targets)}${denial.host?.isRoutedOnly ? ', to which it routes' : ''}, and what none matches is refused. The people who keep the policy file can add one.`;
    case 'wrong-channel':
      return `This may only be asked for in ${denial.channels.slice(0, 8).map(channelText).join(', ')}${by}. Type it there.`;
    case 'not-allowed':
      if (denial.who.length === 0 && (denial.deed === 'approve' || denial.deed === 'reject'))
        return `The policy file asks for no approval here any more, so nobody ${deedWords[denial.deed]}s${by}. The asker withdraws it, and types the command again.`;
      return `You may not ${deedWords[denial.deed]} here; ${denial.who.length === 0 ? 'nobody may' : `${whoText(denial.who)} may`}${by}.`;
    case 'membership-unknown':
      return `I cannot tell whether you may, so I do nothing: ${denial.groups.map(groupText).join('; ')}${by}.`;
    case 'own-request':
      return `You asked for it yourself, so somebody else has to approve it${by}.`;
    case 'locked':
      if (denial.hold.unreadable !== undefined)
        return unreadableText({ ...denial.hold, unreadable: denial.hold.unreadable });
      return `${reachText(denial.host)}is locked${holdText(denial.hold)}${takeOverText(denial.hold)}`;
    case 'frozen':
      if (denial.hold.unreadable !== undefined)
        return unreadableText({ ...denial.hold, unreadable: denial.hold.unreadable });
      return `${denial.host === undefined ? 'Changes are' : `${reachText(denial.host)}is`} frozen${holdText(denial.hold)}${thawText(denial.hold)}`;
    case 'ramp-only':
    case 'too-steep':
    case 'guard-required':
    case 'outside-hours':
      return upwardText(denial, by);
    case 'step-too-large':
      return tooLargeText(denial, by);
    case 'step-unmeasured':
      return `One change may give ${denial.maxStep} percent points to a version${by}. This is more than weights, so its step cannot be measured, and the rule names nobody who could approve it.`;
  }
}

/** The rule that decides, and for which host, if the object has several. */
function underText({ rule, host }: Pick<Denial, 'rule' | 'host'>): string {
  const parts = [...(host === undefined ? [] : [hostText(host)]), ...(rule === undefined ? [] : [ruleText(rule)])];
  return parts.length === 0 ? '' : ` (${parts.join(': ')})`;
}

/** `for c/default/reviews, to which it routes` */
function hostText({ name, isRoutedOnly }: HostTarget): string {
  return `for ${code(name, 200)}${isRoutedOnly ? ', to which it routes' : ''}`;
}

function reachText(host: HostTarget | undefined): string {
  if (host === undefined) return 'It ';
  return `${host.isRoutedOnly ? 'It routes to' : 'It is asked for'} ${code(host.name, 200)}, which `;
}

/** Why traffic may not go up like this, or not now, and what to type. */
function upwardText(denial: UpwardDenial, by: string): string {
  switch (denial.reason) {
    case 'ramp-only':
      return `Traffic goes up here by ramps only${by}. ${rampsText(denial)}`;
    case 'too-steep':
      return `Step ${denial.step} of this ramp gives ${number(denial.percent)} % ${sinceStart(denial.fromMs)}. ${boundText(denial)}${by}. Type ${code(denial.bound.name)} in place of the steps, or take smaller or longer ones.`;
    case 'guard-required':
      return `The guard may not be left out here${by}. Type it without ${code('--no-guard')}.`;
    case 'outside-hours':
      return `Traffic goes up here in these hours only: ${code(denial.hours, 200)}${by}. They begin next at ${dateText(denial.opens, denial.timezone)}. Going back is allowed at any time.`;
  }
}

function tooLargeText(denial: Extract<Denial, { reason: 'step-too-large' }>, by: string): string {
  const { step, maxStep, ofRamp, soon, fast } = denial;
  if (fast !== undefined) return tooFastText(fast, maxStep, by);
  if (soon !== undefined) return tooSoonText(soon, maxStep, by);
  const what = ofRamp === undefined ? 'This' : `Step ${ofRamp.number} of this ramp`;
  const instead = ofRamp?.instead === undefined ? '' : `, like ${code(ofRamp.instead.join(','))}`;
  return `${what} gives ${number(step)} percent points more to a version, and one change may give ${maxStep}${by}. Take smaller steps${instead}.`;
}

function tooFastText({ number: step, points, withinMs, fastestMs }: TooFast, most: number, by: string): string {
  const within = formatDuration(withinMs);
  return `With step ${step} this ramp has given ${number(points)} percent points more to a version within ${within}, and it may get ${most} in ${within}${by}. Take longer steps: the fastest that works is ${code(`every ${formatDuration(fastestMs)}`)}.`;
}

/** `v3` grew by 20 percent points since 14:00; it may get at most 25 in 10m: up to 5 more now, or 25 from 14:10 on. */
function tooSoonText({ version, points, grew, since, left, from, everyMs }: TooSoon, most: number, by: string): string {
  const had =
    grew === undefined
      ? `What ${code(version)} got before ${momentText(since)} is not known, for the history has no room for it`
      : `${code(version)} grew by ${number(grew)} percent points since ${momentText(since)}`;
  const now = left > 0 ? `up to ${left} more now, or ` : '';
  return `${had}; it may get at most ${most} in ${formatDuration(everyMs)}${by}: ${now}${number(points)} from ${momentText(from)} on. Going back is free at any time.`;
}

const maxRamps = 3;

function rampsText({ bound, ramps, isMeasured }: Extract<UpwardDenial, { reason: 'ramp-only' }>): string {
  if (!isMeasured)
    return 'This is more than weights, so what it gives to a version cannot be measured, and the rule names nobody who could approve it.';
  const named = ramps.slice(0, maxRamps).map(rampText);
  const own =
    bound === undefined
      ? `steps, like ${code('10,25,50,100 every 5m')}`
      : `steps that are no steeper than ${code(bound.name)}`;
  return `After the version, type ${[...named, own].join(', or ')}. Going back needs no ramp.`;
}

function rampText({ name, text }: RampTold): string {
  return `${code(name)} (${code(text, 200)})`;
}

function boundText({ bound, allowed, untilAsked }: Extract<UpwardDenial, { reason: 'too-steep' }>): string {
  const until = untilAsked ? ' until a person lets it go on' : ' at that time';
  return `${rampText(bound)} gives ${number(allowed)} %${until}, and no ramp here may be steeper`;
}

function sinceStart(ms: number): string {
  return ms === 0 ? 'at its start' : `after ${formatDuration(ms)}`;
}

const deedWords: Record<Deed, string> = {
  shift: 'shift traffic',
  promote: 'shift traffic',
  rollback: 'roll back',
  approve: 'approve',
  reject: 'reject',
  discard: 'discard a change',
  lock: 'lock',
  unlock: 'unlock',
  freeze: 'freeze',
  thaw: 'thaw',
};

/** What to type if it cannot wait until the lock ends. The target of a lock is the name of one object. */
export function takeOverText({ target }: Pick<Hold, 'target'>): string {
  const [service, namespace, ...cluster] = target?.split('/').toReversed() ?? [];
  if (service === undefined || namespace === undefined) return '';
  const place = { service, namespace, cluster: cluster.toReversed().join('/') };
  return ` ${code(formatCommand({ verb: 'lock', service: place }), 300)} asks whether to take it over.`;
}

/** A freeze of the policy file ends only in that file. */
function thawText({ name, by }: Hold): string {
  return name === undefined || by === undefined ? '' : ` Ask its owner; ${code(`/shift thaw ${name}`, 100)} ends it.`;
}

/** Which one, whose, why and until when. */
export function holdText(hold: HoldTold): string {
  return `${holdWords(hold)}.`;
}

type HoldTold = Pick<Hold, 'name' | 'by' | 'reason' | 'until' | 'timezone' | 'line'>;

/** The same inside a sentence. */
export function holdWords({ name, by, reason, until, timezone, line }: HoldTold): string {
  const parts = [
    name === undefined ? '' : ` (${code(name)}${line === undefined ? '' : `, line ${line} of the policy file`})`,
    by === undefined ? '' : ` by ${user(by)}`,
    reason === undefined ? '' : `, because of ${code(reason, 200)}`,
    until === undefined ? ', with no end in sight' : `, until ${dateText(until, timezone)}`,
  ];
  return parts.join('');
}

/** Slack shows it in the reader's own time zone. A client that cannot do so shows it in `timeZone`. */
export function dateText(at: Date, timeZone = 'UTC'): string {
  return dateIn(at, timeZone, { style: 'short', token: '{time}' });
}

/** The same with seconds. */
function momentText(at: Date): string {
  return dateIn(at, 'UTC', { style: 'medium', token: '{time_secs}' });
}

function dateIn(at: Date, timeZone: string, { style, token }: { style: 'short' | 'medium'; token: string }): string {
  const written = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: style }).format(at);
  return `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} ${token}|${escapeText(`${written} ${timeZone}`)}>`;
}

export function ruleText({ name, line }: RuleRef): string {
  return `rule ${code(name)}, line ${line} of the policy file`;
}

const maxWho = 8;

/** Groups are written as plain names, so that an answer pings nobody. */
export function whoText(all: readonly Who[]): string {
  const shown = all.slice(0, maxWho).map((who) => {
    if (who.kind === 'everyone') return 'everybody of the team';
    return who.kind === 'user' ? user(who.id) : code(who.name);
  });
  return [...shown, ...(all.length > maxWho ? [`… +${all.length - maxWho}`] : [])].join(', ');
}

function groupText({ name, why }: UnknownGroup): string {
  return `of ${code(name)}, ${foreign(why)}`;
}

function channelText(id: string): string {
  return /^C[A-Z0-9]+$/.test(id) ? `<#${id}>` : code(id);
}

function number(percent: number): string {
  return String(Math.round(percent * 10) / 10);
}
