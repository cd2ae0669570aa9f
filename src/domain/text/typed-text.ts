/**
 * Undoes what Slack and phones do to a typed command: `<…|…>` links and mentions, HTML entities, smart quotes, long dashes, odd
 * spaces and invisible characters. Slack's formats: https://docs.slack.dev/messaging/formatting-message-text
 */
export function asTyped(text: string): string {
  return unescapeEntities(unlink(text))
    .replaceAll(/[\u200B-\u200F\u061C\u2060\uFEFF\u00AD]/g, '')
    .replaceAll(/[\s\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]+/g, ' ')
    .replaceAll(/(\d) %(?=\s|$)/g, '$1%')
    .replaceAll(/[“”„‟«»]/g, '"')
    .replaceAll(/(^| )—(?=[a-z])/gi, '$1--')
    .replaceAll(/(^| )–(?=[a-z]{2})/gi, '$1--')
    .replaceAll(/(^| )–(?=[a-z]( |$))/gi, '$1-')
    .trim();
}

export type Words = { readonly kind: 'words'; readonly words: readonly Word[] } | { readonly kind: 'open-quote' };

export interface Word {
  readonly text: string;
  /** It was in quotes, so it is text and never a flag. */
  readonly quoted: boolean;
}

/** Splits at spaces, but not inside quotes. A quote opens only at the start of a word or after `=`, so that "don't" stays a word. */
export function toWords(text: string): Words {
  const words: Word[] = [];
  const pattern = /([^\s"'‘’=]+=)?(?:"([^"]*)"|'([^']*)'|[‘’]([^‘’]*)[‘’])(?= |$)|(\S+)/y;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    while (text[at] === ' ') at += 1;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) break;
    const [, key = '', double, single, smart, plain] = match;
    if (plain !== undefined && /^([^\s"'‘’=]+=)?["'‘]/.test(plain)) return { kind: 'open-quote' };
    words.push({ text: plain ?? key + (double ?? single ?? smart ?? ''), quoted: plain === undefined && key === '' });
  }
  return { kind: 'words', words };
}

/** At most `limit` code points, and how many are missing. It counts code points so that no emoji is cut in half. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text; // a code point is one or two of these
  const points = [...text];
  return points.length <= limit ? text : `${points.slice(0, limit).join('')}… +${points.length - limit}`;
}

/** One line without invisible characters and without those that reverse the text. */
export function visible(text: string): string {
  return text.replaceAll(/\s/g, ' ').replaceAll(unseen, '\uFFFD');
}

const unseen = /[\p{Cc}\p{Cs}\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu;

/**
 * A typed word, to be shown back as code: one line, without back-ticks and without characters that are invisible or reverse the text.
 * Characters outside ASCII are named by code point, since they may look like others.
 */
export function quote(word: string, limit = 40): string {
  const shown = truncate(word, limit)
    .replaceAll(/[`\s]+/g, ' ')
    .replaceAll(/\p{C}/gu, '\uFFFD');
  const odd = [...new Set(word)].filter((character) => !/[\x20-\x7E]/.test(character)).slice(0, 3);
  return odd.length === 0 ? `\`${shown}\`` : `\`${shown}\` (with ${odd.map(codePoint).join(', ')})`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Turns `<@U1|ana>` into `@U1`: the person's id in place of the name. */
export function withIds(text: string): string {
  return text.replaceAll(/<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>/g, '@$1');
}

function unlink(text: string): string {
  return text
    .replaceAll(/<([@#!])([^|<>]*)(?:\|([^<>]*))?>/g, (_, sign: string, id: string, label: string | undefined) =>
      label === undefined || label === '' ? `${sign}${id}` : `${sign}${label.replace(/^[@#]/, '')}`,
    )
    .replaceAll(/<((?:https?|mailto|tel):[^|<>]*)(?:\|([^<>]*))?>/gi, (_, target: string, label: string | undefined) =>
      label === undefined || label === '' ? target.replace(/^(https?:\/\/|mailto:|tel:)/i, '') : label,
    );
}

function unescapeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
