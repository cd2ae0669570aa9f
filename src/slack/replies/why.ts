import { isWeightsOnly, mainMove } from '../../domain/change/change.ts';
import type { Edits } from '../../domain/change/edit.ts';
import type { CheckName, Finding, HostJudgement, Judgement, Verdict } from '../../domain/policy/judge.ts';
import type { ExplainAnswer } from '../../workflow/asking/explain.ts';
import { editsOf } from '../../workflow/asking/plan.ts';
import { movesText, namedMoves } from '../words/move-text.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { judgementTexts, policyProblemText, ruleText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { moveText } from '../words/split-text.ts';
import { answerReply } from './change.ts';
import type { TypedMove } from './refusals.ts';

interface Context {
  /** Why the policy file is not in force. */
  readonly problem?: string | undefined;
  readonly typed?: TypedMove | undefined;
}

/** What `/shift why` answers. */
export function whyReply(answer: ExplainAnswer, now: Date, { problem, typed }: Context = {}): Reply {
  return answer.kind === 'answered' ? answerReply(answer.answer, now, { typed }) : says(explainedText(answer, problem));
}

function explainedText(
  { name, plan, judgement }: Extract<ExplainAnswer, { kind: 'explained' }>,
  problem: string | undefined,
): string {
  const { verdict, findings } = judgement;
  return [
    `${code(name.service)} in ${code(name.namespace)} @ ${code(name.cluster)}, ${whatText(editsOf(plan))}: *${verdictWords[verdict.kind]}*`,
    ...judgementTexts(judgement),
    ...rulesTexts(judgement),
    `Looked at, most severe first: ${findings.map(findingText).join(' · ')}. Nothing was changed.`,
    ...(problem === undefined ? [] : [policyProblemText(problem)]),
  ].join('\n');
}

const mostHosts = 8;

/** The rule that decides; of several hosts, that of each. */
function rulesTexts({ rule, hosts }: Judgement): readonly string[] {
  if (hosts === undefined)
    return [rule === undefined ? 'No rule of a policy file decides about it.' : `It falls under ${ruleText(rule)}.`];
  const more = hosts.length > mostHosts ? [`… +${hosts.length - mostHosts}`] : [];
  return ['For all of these it must be allowed:', ...hosts.slice(0, mostHosts).map(hostText), ...more];
}

function hostText({ host, rule, says: said }: HostJudgement): string {
  const under = rule === undefined ? 'no rule of a policy file' : ruleText(rule);
  return `• ${host.isRoutedOnly ? 'routes to' : 'asked for'} ${code(host.name, 200)}: ${under}: *${verdictWords[said]}*`;
}

function whatText(edits: Edits): string {
  if (isWeightsOnly({ edits })) return movesText(namedMoves(edits), 600);
  const { from, to } = mainMove({ edits });
  return `${foreign(moveText(from, to))}, and all else of ${edits.length === 1 ? 'one object' : `${edits.length} objects`}`;
}

const verdictWords: Record<Verdict['kind'], string> = {
  allowed: 'allowed',
  'needs-approval': 'needs approval',
  refused: 'refused',
};

const checkWords: Record<CheckName, string> = {
  standing: 'who you are to the team',
  rule: 'whether a rule matches',
  channel: 'the channel',
  right: 'your right',
  'four-eyes': 'four eyes',
  lock: 'locks',
  freeze: 'freezes',
  ramp: 'whether it must be a ramp',
  steepness: 'how steep the ramp is',
  guard: 'the guard',
  step: 'the step',
  hours: 'the hours',
  approval: 'approval',
};

function findingText({ check, says: said }: Finding): string {
  const words = { pass: 'fine', refuse: '*refused*', ask: '*needs approval*' };
  return `${checkWords[check]}: ${words[said]}`;
}
