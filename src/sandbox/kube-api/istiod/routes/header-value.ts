import { error, errorIf, type Finding } from '../finding.ts';

/** Where Envoy is while it reads a header's value: in text, or in a variable such as `%REQ(["a"])%` and in which part of it. */
type Place = 'text' | 'variable' | 'arguments' | 'string' | 'quote' | 'comma' | 'parenthesis' | 'percent';

/** The place after a character. A pair: the next character is skipped. An error if Envoy refuses the character there. */
type Step = Place | readonly ['skip', Place] | { readonly refused: string };

const STEPS: Readonly<Record<Place, (char: string, next: string | undefined) => Step>> = {
  text: (char, next) => {
    if (char !== '%') return 'text';
    if (next === undefined) return { refused: 'Un-escaped %' };
    return next === '%' ? ['skip', 'text'] : 'variable';
  },
  variable: (char) => (char === '%' ? 'text' : char === '(' ? 'arguments' : 'variable'),
  arguments: (char) => (char === '[' ? 'quote' : char === ' ' ? 'arguments' : 'string'),
  string: (char, next) => {
    if (char === ')') return 'percent';
    if (char === '"') return 'comma';
    if (char !== '\\') return 'string';
    return next === undefined ? { refused: 'Un-terminated backslash in JSON string' } : ['skip', 'string'];
  },
  quote: (char) => (char === '"' ? 'string' : blank(char, 'quote', `'"'`)),
  comma: (char) =>
    char === ',' ? 'quote' : char === ']' ? 'parenthesis' : blank(char, 'comma', "',', ']', or whitespace"),
  parenthesis: (char) =>
    char === ')' ? 'percent' : blank(char, 'parenthesis', "')' or whitespace after '{}', but found '{}'"),
  percent: (char) => (char === '%' ? 'text' : blank(char, 'percent', "'%' or whitespace after")),
};

/** A header's value may contain tabs, but no other control characters. A `%` begins a variable of Envoy, and `%%` is one percent sign. */
export function headerValueErrors(value: string): readonly Finding[] {
  const hasControl = [...value].some((char) => (char < ' ' && char !== '\t') || char === '\u007f');
  if (hasControl) return [error(`header value configuration ${value} is invalid`)];
  const fault = variableFault(value);
  return errorIf(fault !== undefined, `header value configuration: invalid header configuration. ${fault}`);
}

function variableFault(value: string): string | undefined {
  let place: Place = 'text';
  for (let at = 0; at < value.length; at += 1) {
    const step: Step = STEPS[place](value.charAt(at), value[at + 1]);
    if (typeof step === 'object' && 'refused' in step) return step.refused;
    if (typeof step !== 'string') at += 1;
    place = typeof step === 'string' ? step : step[1];
  }
  return place === 'text' ? undefined : `Un-terminated variable expression '${value}'`;
}

function blank(char: string, place: Place, expected: string): Step {
  return char === ' ' ? place : { refused: `Expecting ${expected}` };
}
