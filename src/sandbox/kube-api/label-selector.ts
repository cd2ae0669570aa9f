import { badRequest } from './status.ts';

export type Labels = Readonly<Record<string, string>>;
type Test = (labels: Labels) => boolean;
type ValueTest = (actual: string | undefined) => boolean;

const TOKEN = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/y;
const OPERATORS = ['=', '==', '!=', 'in', 'notin', '<', '>'];

/** Reads a labelSelector. Throws the server's error if it cannot be read. */
export function parseLabelSelector(text: string): Test {
  const parser = new Parser(tokens(text));
  const tests = parser.requirements();
  return (labels) => tests.every((test) => test(labels));
}

function tokens(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(TOKEN.source, 'g'))].map(([, token]) => token ?? '');
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  requirements(): readonly Test[] {
    const tests: Test[] = [];
    if (this.#tokens.length === 0) return tests;
    for (;;) {
      tests.push(this.#requirement());
      const separator = this.#take();
      if (separator === '') return tests;
      if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
      if (!isIdentifier(this.#peek()) && this.#peek() !== '!') {
        throw badRequest(`found '${this.#peek()}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): Test {
    const isAbsence = this.#peek() === '!';
    if (isAbsence) this.#take();
    const key = this.#take();
    if (!isIdentifier(key)) {
      throw isAbsence
        ? cannotParse(`found '${key}', expected: identifier`)
        : badRequest(`found '${key}', expected: !, identifier, or 'end of string'`);
    }
    if (isAbsence) return (labels) => labelOf(labels, key) === undefined;
    if (this.#peek() === '' || this.#peek() === ',') return (labels) => labelOf(labels, key) !== undefined;
    return this.#comparison(key);
  }

  #comparison(key: string): Test {
    const operator = this.#take();
    if (!OPERATORS.includes(operator)) {
      throw cannotParse(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const test = this.#test(operator);
    return (labels) => test(labelOf(labels, key));
  }

  #test(operator: string): ValueTest {
    if (operator === 'in' || operator === 'notin') {
      const values = this.#values();
      return (actual) => (actual !== undefined && values.includes(actual)) === (operator === 'in');
    }
    const value = this.#value();
    if (operator === '<' || operator === '>') return order(operator, value);
    return (actual) => (actual === value) === (operator !== '!=');
  }

  /** A value may be empty: `a=` selects objects whose label `a` is empty. */
  #value(): string {
    if (this.#peek() === '' || this.#peek() === ',') return '';
    const value = this.#take();
    if (!isIdentifier(value)) throw cannotParse(`found '${value}', expected: identifier`);
    return value;
  }

  #values(): readonly string[] {
    const open = this.#take();
    if (open !== '(') throw cannotParse(`found '${open}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      if (token === ')') return values.length === 0 ? [''] : values;
      if (token === '') throw cannotParse(`found '', expected: ',', ')' or identifier`);
      if (isIdentifier(token)) values.push(token);
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }
}

function order(operator: '<' | '>', value: string): ValueTest {
  if (!/^-?\d+$/.test(value)) {
    const why = "for 'Gt', 'Lt' operators, the value must be an integer";
    throw cannotParse(`values[0]: Invalid value: ${JSON.stringify(value)}: ${why}`);
  }
  return (actual) => (operator === '<' ? Number(actual) < Number(value) : Number(actual) > Number(value));
}

function isIdentifier(token: string): boolean {
  return token !== '' && !/^(==|!=|[=!,()<>])$/.test(token);
}

function cannotParse(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`);
}

/** A label's value. Ignores what every JavaScript object inherits, such as `constructor`. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
