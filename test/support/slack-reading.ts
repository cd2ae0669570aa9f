/** A message as it is sent to Slack. */
export interface Sent {
  readonly text: string;
  readonly blocks?: readonly unknown[];
}

interface TextIn {
  readonly where: string;
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
  readonly verbatim: boolean;
}

/** Slack's limits for a text, by its place, in characters. */
const mostCharacters: Readonly<Record<string, number>> = {
  header: 150,
  section: 3_000,
  context: 3_000,
  button: 75,
  'confirm.title': 100,
  'confirm.text': 300,
  'confirm.confirm': 30,
  'confirm.deny': 30,
};

/**
 * What is wrong in a message: texts that Slack would refuse or cut off, or turn into pings, links or formats. `more`: what else of ours is
 * bold or struck.
 */
export function wrongInMessage({ text, blocks = [] }: Sent, more: RegExp | '' = ''): string | undefined {
  const texts = blocks.flatMap((block) => textsIn(block, ''));
  const sum = texts.reduce((all, each) => all + each.text.length, 0);
  if (blocks.length > 50) return `has ${blocks.length} blocks`;
  if (sum > 13_000) return `has ${sum} characters in its blocks`;
  if (text === '' || text.length > 4_000) return `has a text of ${text.length} characters`;
  for (const each of texts) {
    const most = mostCharacters[each.where];
    if (most === undefined) return `has a text in ${each.where}`;
    const length = each.type === 'plain_text' ? [...each.text].length : each.text.length;
    if (length === 0 || length > most) return `has ${length} characters in ${each.where}`;
    if (each.type === 'mrkdwn' && !each.verbatim) return `lets Slack make links in ${each.where}`;
    const wrong = each.type === 'mrkdwn' ? wrongInMarkup(each.text, more) : wrongInAny(each.text);
    if (wrong !== undefined) return `${wrong}, in ${each.where}: ${JSON.stringify(each.text)}`;
  }
  const wrong = wrongInMarkup(text, more);
  return wrong === undefined ? undefined : `${wrong}, in its text: ${JSON.stringify(text)}`;
}

/** Invisible characters, except the word joiner with which we keep a character from formatting. */
const unseen = /(?![\n\u2060])[\p{Cc}\p{Cs}\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/u;

function wrongInAny(text: string): string | undefined {
  const found = unseen.exec(text);
  return found === null ? undefined : `shows U+${(found[0].codePointAt(0) ?? 0).toString(16)}`;
}

/** Texts that we set in bold ourselves. Other bold text came from outside. */
const ours =
  /\*(?:Applied in [\d.]+ (?:ms|s|min)|Queued|Applying|(?:Held|Superseded|Discarded|Void), not applied|Not applied|Rolled back|Discard|Waits for (?:approval|one approval|\d+ approvals)|Not accepted[:.]|Create|Replace|Delete|Planned from, and now:|Apply anyway|Roll back|Only a part was applied\.|The plan does not hold any more\.|As it is written:|As one rule, which may have been meant:|Somebody else moved the weights|The object was deleted and made anew|The object has lost its history|The change it was planned after did not take effect\.|I cannot tell whether it was accepted:|not accepted|Not done yet:|Put back|Moved away|The rule code was removed or renamed|The weights of (?:\w+ )?code were moved|The pinned rules of \w+ code were changed|\w+ code was (?:deleted|made anew)|(?:code|An object) (?:was written by somebody else|was deleted and made anew|has lost its history|is not as it was planned from))\*/g;
const heading = /^\*(?!\s)(?:[^*`\n]|\u2060\*)*(?<!\u2060)\*(?=,| in | @ |$)/gm;
const question = /^\*This is no longer the last change of `[^`]*`\.\*/;

function wrongInMarkup(text: string, more: RegExp | ''): string | undefined {
  const tags = [...text.matchAll(/<([^>]*)>?/g)].map(([, tag = '']) => tag);
  const tag = tags.find(
    (each) => !/^(?:[@#][UWC][A-Z0-9]+|!date\^\d+\^\{date_short_pretty\} \{time(?:_secs)?\}\|[^|]*)$/.test(each),
  );
  if (tag !== undefined) return `has the tag <${tag.slice(0, 30)}>`;
  if (/&(?!(?:amp|lt|gt);)/.test(text)) return 'has a & that is not escaped';
  if ((text.split('`').length - 1) % 2 === 1) return 'leaves a back-tick open';
  const said = text
    .replace(question, '')
    .replaceAll(/```[^`]*```/g, '')
    .replaceAll(/`[^`\n]*`/g, 'code')
    .replaceAll(heading, '')
    .replaceAll(ours, '')
    .replaceAll(more, '')
    .replaceAll(/\u2060[*_~]/g, '');
  const format = /(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`/.exec(said);
  if (format !== null)
    return `formats by ${format[0]} at ${JSON.stringify(said.slice(Math.max(0, format.index - 10), format.index + 10))}`;
  return wrongInAny(text);
}

function textsIn(value: unknown, where: string): readonly TextIn[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, where));
  if (typeof value !== 'object' || value === null) return [];
  const { type, text, verbatim }: { type?: unknown; text?: unknown; verbatim?: unknown } = value;
  if ((type === 'mrkdwn' || type === 'plain_text') && typeof text === 'string')
    return [{ where, type, text, verbatim: verbatim === true }];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'confirm') return confirmTexts(inner);
    return textsIn(inner, typeof type === 'string' && type !== 'actions' ? type : where);
  });
}

function confirmTexts(confirm: unknown): readonly TextIn[] {
  return Object.entries(Object(confirm)).flatMap(([key, inner]) => textsIn(inner, `confirm.${key}`));
}
