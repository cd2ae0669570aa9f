import { type Case, namedCase } from './cases.ts';
import type { Fault, NamedStep } from './faults.ts';
import type { Step } from './instrument.ts';
import type { ScenarioName } from './scenarios.ts';

/** What the enumeration has found: a step, and a fault at which something else was told than was done. */
const found: readonly (readonly [ScenarioName, Fault, NamedStep])[] = [
  ['shift', 'throw-after', { place: 'answer-command answerCommand', awaits: 'requestShift(' }],
  ['discard', 'throw-after', { place: 'clicks onClick', awaits: 'ack()' }],
  [
    'discard',
    'throw-after',
    { place: 'connect ask', awaits: 'call(', via: ['accept replace', 'stored-changes update'] },
  ],
  ['discard', 'throw-before', { place: 'cards showCard', awaits: 'claim.release()' }],
  ['shift', 'twice', { place: 'cards put', awaits: 'claim.beginPost()' }],
  ['undone-creation', 'kill-after', { place: 'kube-client create', awaits: '', via: ['walk writeAll'] }],
];

/** Each of them is struck again in every run, wherever the run passes it. */
export function foundCases(steps: readonly Step[]): readonly Case[] {
  return found.map(([scenario, fault, at]) => namedCase(scenario, fault, at, steps));
}
