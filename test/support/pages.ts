import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** One page of the documentation. GitHub shows the README of a folder below its files. */
export interface Page {
  /** In the repository: `src/README.md`. */
  readonly path: string;
  readonly text: string;
}

export function page(path: string): Page {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

export function pages(): readonly Page[] {
  const below = ['manifests', 'src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return ['README.md', ...below.filter((file) => file.endsWith('.md')).toSorted()].map(page);
}

/** What is below a heading of the second level, up to the next one. */
export function section({ path, text }: Page, title: string): string {
  const [, after] = text.split(`\n## ${title}\n`);
  if (after === undefined) throw new Error(`${path} has no section "${title}"`);
  return after.split('\n## ')[0] ?? '';
}

/** The cells of a Markdown table, without its head. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Where the links and pictures of a page lead, those in code left out. */
export function linksOf({ text }: Page): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** What GitHub calls the headings of a page, so that a link can lead to one. */
export function anchorsOf({ text }: Page): readonly string[] {
  const headings = withoutFences(text).matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutFences(text: string): string {
  return text.replaceAll(/^\s*```.*?^\s*```$/gms, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replaceAll(/`[^`\n]*`/g, '');
}
