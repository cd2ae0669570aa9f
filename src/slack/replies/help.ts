import { endExamples } from '../../domain/language/end.ts';
import { code, escapeText, names } from '../words/mrkdwn.ts';

/** What `/shift help` says. A test compares the table of commands in README.md with it. */
export const commands = [
  {
    topic: 'shift',
    usage: '/shift reviews v3 50',
    does: 'gives v3 half; the others share the rest in proportion to what they have',
  },
  {
    topic: 'set',
    usage: '/shift reviews v1=80 v3=20',
    does: 'sets the whole split; `set` before it names a service that is called like a command',
  },
  { topic: 'promote', usage: '/shift promote reviews v3', does: 'gives v3 everything' },
  {
    topic: 'ramp',
    usage: '/shift reviews v3 10,25,50,100 every 5m',
    does: 'a ramp: moves v3 step by step, and watches each step',
  },
  { topic: 'pause', usage: '/shift pause reviews', does: 'stops the clock of a ramp; `pause all`: of all ramps' },
  { topic: 'resume', usage: '/shift resume reviews', does: 'goes on with what was left of the step' },
  { topic: 'next', usage: '/shift next reviews', does: 'makes the next step now' },
  {
    topic: 'abort',
    usage: '/shift abort reviews [--reason "too slow"]',
    does: 'goes back to what was before the ramp, in one change',
  },
  { topic: 'finish', usage: '/shift finish reviews', does: 'makes all the rest of a ramp at once, after a question' },
  {
    topic: 'rollback',
    usage: '/shift rollback reviews [to c-7F3K9QXZ]',
    does: 'takes back the newest change that still stands, or brings back what the named one made',
  },
  {
    topic: 'apply',
    usage: '/shift apply bookinfo/virtual-service-all-v1',
    does: 'makes what a rule file names as the file says; what is more than weights is shown first, with a button',
  },
  {
    topic: 'delete',
    usage: '/shift delete bookinfo/virtual-service-all-v1',
    does: 'deletes the objects that a rule file names, after a question',
  },
  {
    topic: 'unpin',
    usage: '/shift unpin reviews end-user=jason',
    does: 'removes one pinned rule, which a split does not reach, after a question',
  },
  {
    topic: 'init',
    usage: '/shift init reviews [v1] [--http-route]',
    does: 'gives a service that nothing routes its first rules, after a question',
  },
  {
    topic: 'status',
    usage: '/shift status [reviews]',
    does: 'shows splits, pinned rules, what is locked or frozen, and what is waiting',
  },
  { topic: 'history', usage: '/shift history reviews', does: 'shows who changed what, when and why' },
  {
    topic: 'audit',
    usage: '/shift audit [reviews]',
    does: 'shows who decided what, when, why and by which rule; also of a person (`@ana`), a change (`c-7F3K9QXZ`) or a ramp (`r-7F3K9QXZ`)',
  },
  { topic: 'pending', usage: '/shift pending', does: 'shows what waits for a decision of people' },
  {
    topic: 'approve',
    usage: '/shift approve c-7F3K9QXZ',
    does: 'approves a change that waits for it',
  },
  {
    topic: 'reject',
    usage: '/shift reject c-7F3K9QXZ [--reason "not today"]',
    does: 'ends a change that waits for approval',
  },
  {
    topic: 'withdraw',
    usage: '/shift withdraw c-7F3K9QXZ',
    does: 'takes back one that you asked for and that waits for approval',
  },
  {
    topic: 'lock',
    usage: '/shift lock reviews "migrating ratings" for 2h',
    does: 'lets nobody else move the traffic of a service; rollbacks go through',
  },
  { topic: 'unlock', usage: '/shift unlock reviews', does: 'ends a lock' },
  {
    topic: 'freeze',
    usage: '/shift freeze prod-*/payments until friday 18:00 "incident 42"',
    does: 'stops changes to a service (`reviews`), or to all of a namespace or cluster, or whatever stars reach; rollbacks go through',
  },
  { topic: 'thaw', usage: '/shift thaw [f-7f3k9qxz]', does: 'ends a freeze; without a name, lists those in force' },
  {
    topic: 'why',
    usage: '/shift why reviews v3 50',
    does: 'shows what policy says of a command, and by which rule; nothing is done',
  },
  {
    topic: 'tour',
    usage: '/shift tour',
    does: 'leads through an example, a step at a time',
  },
  {
    topic: 'help',
    usage: '/shift help [topic]',
    does: 'shows this, or more about a command, `ramp` or `flags`',
  },
] as const;

export const flags = [
  { usage: '-n bookinfo, --namespace bookinfo, bookinfo/reviews', does: 'where the service is' },
  { usage: 'vs/edge, httproute/edge', does: 'an object, where requests for a service follow several or none' },
  { usage: '--cluster prod-eu', does: 'in which cluster; with commas in one after the other, in that order' },
  { usage: '--route primary', does: 'which rule, where a VirtualService has several' },
  { usage: '--all-routes', does: 'every rule that splits between versions, also those of gateways, in one change' },
  { usage: '--anyway', does: 'also to a version without a ready pod, where policy allows that' },
  { usage: '--reason "red stars"', does: 'why; it stands on the card and in the history' },
  { usage: '--watch 20m', does: 'watches a shift of one version for so long, as a ramp of one step' },
  { usage: '--no-guard', does: 'a ramp that nothing takes back by itself, where policy allows that' },
  { usage: '--dry-run', does: 'shows what would happen and what the API server says, and changes nothing' },
] as const;

const more: Readonly<Record<string, string>> = {
  shift:
    'The percentage is a whole number from 0 to 100. With three versions or more the others keep their proportions; rounding goes to the largest remainder, so that all sum to 100. A version that a DestinationRule defines but no destination names gets one; one that goes to 0 keeps its destination, so that the way back is exact.',
  set: 'Versions that are not named get nothing. The percentages must sum to 100. `/shift set status v3 50` shifts a service called `status`.',
  promote: 'The same as `/shift reviews v3 100`.',
  ramp: [
    'Steps are whole percentages, and each differs from the one before; they may go down, too. At most 20 steps, each of `15s` to `7d`.',
    '• `10,25,50,100 every 5m`: all steps last equally long.',
    '• `10..100 by 10 every 5m`: 10, 20 and so on; the end is always a step.',
    '• `10 for 30m, 50 ask, 100`: own times; `ask` waits until a person lets it go on. The last step is watched as long as the one before.',
    '• `careful`: a ramp that the policy file names. `linear10every1m` and `canary10for5m` are understood, too.',
    '• `/shift reviews v3 50 --watch 20m`: one step. It is taken back if it fails, and kept otherwise.',
    '• `/shift reviews v3 50 --cluster prod-eu,prod-us`: one cluster after the other, and it stops at the first where it cannot be done. Of a ramp each step is made in all of them, and then lasts its time; with `--watch` each cluster is watched before the next.',
    'With Prometheus, a ramp takes itself back if the version fails more often than the others. `--dry-run` shows all steps with their times.',
  ].join('\n'),
  pause:
    'The step that is live stays as it is, and is still watched. `/shift pause all` pauses every ramp that you may pause.',
  resume: 'The step lasts as long as was left of it when the ramp was paused.',
  next: 'It does not wait for the time of the step that is live, and lets a step with `ask` go on. After the last step there is nothing to do.',
  abort: 'Nobody has to approve it, and it goes before what waits. A ramp that was aborted does not start again.',
  finish:
    'It makes the last step of the ramp at once, as one change (in each cluster), and asks first. To go back instead, `/shift abort reviews`.',
  rollback:
    'A rollback brings back exactly what was recorded, weights or whole objects, goes before whatever waits, and is a change of its own: it can be rolled back too. *Roll back* on a card takes back that change. Typed, it takes back the newest change of the service that still stands, so typed again it goes one further back and never forward; `--route` looks at the changes of that rule alone, and `to c-…` goes back to what that change made. It first shows what it would undo where others changed something since, and where somebody has rolled back less than a minute ago. To go back is free of approvals and freezes; to bring back what was taken back is judged as a shift.',
  apply:
    'Rule files lie in the folder that `RULES_DIR` names, and are called as they lie there, with or without `.yaml`. What is missing is created, what is there is replaced, and what is as the file says already is left alone. Where the file differs from one object in its weights alone, it is the shift that it comes to. Anything more, and what is made of RouteRules (Istio before 0.8), is shown as a difference first, with what the API server and policy say to it, and is done when *Apply* is clicked, if it is still what was shown. The card has *Roll back*: all of it, as it was. To create and replace objects takes rights that the base does not give: `manifests/rule-files`.',
  delete:
    'Deletes every object that the file names and that is there, whatever it holds now; *Roll back* on the card makes them anew, with what they held. Shown first, with a button that asks once more.',
  unpin:
    'Pinned rules have a match of their own and stand above the rule that takes the rest; `/shift status reviews` lists them. Name one by what it matches, by its `name`, or by its place (`#1`). Nothing else of the object changes, and *Roll back* puts it back where it was.',
  init: 'A DestinationRule gets a subset for each `version` label of its pods, and a VirtualService sends each version what its ready pods get now, or everything to the version that is named. `--http-route` makes an HTTPRoute among the Services of the versions (`reviews-v1`). The definitions are written before the rules, so that no request is lost. *Roll back* deletes what was made. To create objects takes rights that the base does not give: `manifests/rule-files`.',
  status:
    'What it shows of one service is read live. Pinned rules have a match of their own (a header, a path), so a split does not reach them.',
  history:
    'It is read from the VirtualService itself (annotation `shiftbot.dev/history`), so it is there even when all else is lost.',
  audit:
    'Of a service, of a person (what they did, and what became of what they asked for), of a change, of a ramp, or of everything. Who asked, who was refused and by which rule of the policy file, who approved, what became of it: each is one event, kept for as long as `AUDIT_DAYS` says. `/audit.ndjson` has them all.',
  pending: 'Changes that await approval, with how many have approved, and held ones. The buttons are on their cards.',
  approve:
    'A change, or with `r-7F3K9QXZ` a whole ramp. The same as the buttons on the card. Who may approve, how many it takes and until when stands in the policy file; whoever asked for the change does not count, and each person counts once. An approval is for the plan that the card shows: when the object moves, it is void. Where that was planned anew since it was asked for, the plan is shown here first, with a button.',
  reject: 'The same as the button on the card, which asks for the reason.',
  withdraw: 'Only whoever asked for a change withdraws it; who may approve rejects it.',
  lock: `An end is ${endExamples}; without one a lock lasts 8 hours, and 7 days is the most. A clock is read in the time zone that you have set in Slack, where Slack tells it, else in UTC. Whoever locked moves the traffic all the same; so does a rollback, unless the policy file says otherwise. Locking what somebody else has locked asks first, and tells them. Changes that wait are not applied while it is locked.`,
  unlock:
    'Your own lock, or another’s where a policy file lets you; its owner is told. Without a policy file, take it over: `/shift lock reviews`.',
  freeze: `\`reviews\` and \`default/reviews\` are one service, \`default/*\` all of a namespace, \`prod-*\` all of these clusters, \`prod-*/payments\` a namespace in them; \`--cluster\` names the cluster apart. It holds for every object that their requests go by. If it can be read in two ways, I ask. The answer says what it covers. An end is ${endExamples}; without one it lasts 24 hours, and 30 days is the most. It holds up whoever set it, too. With a policy file, every rule that decides about something in it has to let you shift. A second one of the same goes on with your first; 10 are the most of one person.`,
  thaw: 'By the name of a freeze, or by what it covers: `/shift thaw prod-*/payments`. Your own, or another’s where the policy file lets you; without one, another’s asks first. Its owner is told. A freeze of the policy file ends in that file.',
  why: 'Write it before a shift, a ramp, a promotion or a rollback. It answers for you, in this channel, at this moment: allowed, in need of approval, or refused, with the name and the line of the rule in the policy file. `/shift why r-7F3K9QXZ` shows what a ramp saw at each look.',
  tour: 'Istio’s traffic-shifting task, in this channel: all to v1, half of it to v3, all of it, and back. `/shift tour 3` goes on from the third step. `npm run sandbox` has all that it needs.',
  help: 'Since slash commands do not work in threads, a mention says the same: `@shiftbot reviews v3 50`.',
  flags: flags.map(({ usage, does }) => `• \`${usage}\` ${does}`).join('\n'),
};

/** Help is our own text, except for the names of services. In our own text only brackets need escaping. */
export function helpText(
  topic: string | undefined,
  mention: string | undefined,
  services: readonly string[] = [],
): string {
  const known = topic === undefined ? undefined : commands.find((command) => command.topic === topic);
  const details = topic !== undefined && Object.hasOwn(more, topic) ? more[topic] : undefined;
  if (topic !== undefined && details !== undefined)
    return [known === undefined ? '' : line(known), escapeText(details)].filter((each) => each !== '').join('\n');

  const unknown = topic === undefined ? [] : ['There is no such topic. This is all there is:'];
  const thread =
    mention === undefined ? [] : [`In a thread, mention me instead: ${code(`@${mention} reviews v3 50`)}.`];
  return [
    ...unknown,
    ...commands.map(line),
    `Anywhere: ${flags.map(({ usage }) => `\`${escapeText(usage)}\``).join(' · ')}`,
    ...thread,
    ...(services.length > 0 ? [`Services here: ${names(services)}.`] : []),
  ].join('\n');
}

function line({ usage, does }: (typeof commands)[number]): string {
  return `\`${escapeText(usage)}\`  ${escapeText(does)}`;
}
