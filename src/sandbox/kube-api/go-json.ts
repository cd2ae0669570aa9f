/** The text is not JSON. The message is that of Go's decoder. */
export class GoSyntaxError extends Error {}

const WHITESPACE = new Set([' ', '\t', '\r', '\n']);
const ESCAPES = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
const END = 'unexpected end of JSON input';

/** Checks JSON like Go's decoder: refuses with the same messages, and finds fields that occur twice. */
export class GoJsonReader {
  readonly #text: string;
  readonly #duplicates: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The paths of the fields that occur twice in one object. */
  duplicates(): readonly string[] {
    this.#value('');
    this.#space();
    if (this.#at < this.#text.length) this.#refuse('after top-level value');
    return this.#duplicates;
  }

  #value(path: string): void {
    const first = this.#next();
    if (first === '{') this.#object(path);
    else if (first === '[') this.#array(path);
    else if (first === '"') this.#string();
    else if (first === 't' || first === 'f' || first === 'n') this.#literal(first);
    else if (first === '-' || isDigit(first)) this.#number(first);
    else this.#refuse('looking for beginning of value', first);
  }

  #object(path: string): void {
    const seen = new Set<string>();
    let first = this.#next();
    if (first === '}') return;
    for (;;) {
      if (first !== '"') this.#refuse('looking for beginning of object key string', first);
      const name = this.#string();
      const field = path === '' ? name : `${path}.${name}`;
      if (seen.has(name)) this.#duplicates.push(field);
      seen.add(name);
      this.#expect(':', 'after object key');
      this.#value(field);
      if (this.#expect(',}', 'after object key:value pair') === '}') return;
      first = this.#next();
    }
  }

  #array(path: string): void {
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at += 1;
      return;
    }
    for (let index = 0; ; index += 1) {
      this.#value(`${path}[${index}]`);
      if (this.#expect(',]', 'after array element') === ']') return;
    }
  }

  #string(): string {
    const start = this.#at;
    for (;;) {
      const char = this.#take();
      if (char === '"') return this.#unquoted(start);
      if (char === '\\') this.#escape();
      else if (char < ' ') this.#refuse('in string literal', char);
    }
  }

  #unquoted(start: number): string {
    const raw = this.#text.slice(start, this.#at - 1);
    return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
  }

  #escape(): void {
    const char = this.#take();
    if (ESCAPES.has(char)) return;
    if (char !== 'u') this.#refuse('in string escape code', char);
    for (let digit = 0; digit < 4; digit += 1) {
      const hex = this.#take();
      if (!/[0-9a-fA-F]/.test(hex)) this.#refuse('in \\u hexadecimal character escape', hex);
    }
  }

  #literal(first: string): void {
    const word = first === 't' ? 'true' : first === 'f' ? 'false' : 'null';
    for (const expected of word.slice(1)) {
      const char = this.#take();
      if (char !== expected) this.#refuse(`in literal ${word} (expecting '${expected}')`, char);
    }
  }

  #number(first: string): void {
    const digit = first === '-' ? this.#take() : first;
    if (!isDigit(digit)) this.#refuse('in numeric literal', digit);
    if (digit !== '0') this.#digits();
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#someDigits('after decimal point in numeric literal');
    }
    if (this.#text[this.#at] !== 'e' && this.#text[this.#at] !== 'E') return;
    this.#at += 1;
    if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at += 1;
    this.#someDigits('in exponent of numeric literal');
  }

  #someDigits(where: string): void {
    const char = this.#take();
    if (!isDigit(char)) this.#refuse(where, char);
    this.#digits();
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #expect(chars: string, where: string): string {
    const char = this.#next();
    if (!chars.includes(char)) this.#refuse(where, char);
    return char;
  }

  #space(): void {
    while (WHITESPACE.has(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #next(): string {
    this.#space();
    return this.#take();
  }

  #take(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new GoSyntaxError(END);
    this.#at += 1;
    return char;
  }

  #refuse(where: string, char = this.#text[this.#at] ?? ''): never {
    throw new GoSyntaxError(`invalid character ${quoteChar(char)} ${where}`);
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function quoteChar(char: string): string {
  if (char === "'") return String.raw`'\''`;
  return char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`;
}
