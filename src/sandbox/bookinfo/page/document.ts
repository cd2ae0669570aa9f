import { type Faults, linesOf } from '../faults/version-faults.ts';
import { type Html, html } from './html.ts';

/** A page loads nothing from other hosts, and runs no script but our own file. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function document(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Bookinfo</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>${body}</body>
</html>
`.text;
}

/** The same at the top of every page. `more` is on its right; `complaint` says what was refused. */
export function header(faults: Faults, more?: Html, complaint?: string): Html {
  const told = complaint === undefined ? undefined : html`<p class="complaint" role="alert">${complaint}</p>`;
  return html`<header><div class="bar"><nav>${brand}${faultsLink(faults)}</nav>${more}</div>${told}</header>`;
}

const brand = html`<a class="brand" href="/productpage"><span aria-hidden="true">◆</span> Bookinfo</a>`;

/** Says what is wrong on purpose, so that nobody looks for the cause elsewhere. */
function faultsLink(faults: Faults): Html {
  const [first, ...others] = linesOf(faults);
  if (first === undefined) return html`<a href="/faults">Faults</a>`;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return html`<a class="set" href="/faults">Faults: ${first}${more}</a>`;
}

/** `page.js` fills this in, once a second. */
export const liveAnswers = html`<section class="live" aria-label="Who answered the last requests to reviews">
  <h2>The last <span id="answers-of">100</span> answers of reviews</h2>
  <div id="answers-bar" role="img" aria-label="no answers yet"></div>
  <ul id="answers-legend"><li class="none">no answers yet</li></ul>
</section>`;
